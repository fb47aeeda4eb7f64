"""Images whose files are equal byte by byte, found before any is decoded."""

import hashlib
from collections import Counter
from collections.abc import Iterable

from transfer.data.decoding import ImageError
from transfer.data.members import FileMember, ReadAs, TarMember, ZipMember, zip_checksum
from transfer.data.samples import ImageSource


def equal_files(images: Iterable[ImageSource]) -> dict[ImageSource, str]:
    """What images have in common whose files are equal, by image; others are left out.

    Files of a folder or tar are read if another has their size; those of a zip are compared by the
    size and checksum that it states.
    """
    sizes = {image: _size(image) for image in images}
    often = Counter(sizes.values())
    found = {}
    for image, size in sizes.items():
        if size and often[size] > 1:
            content = _content(image)
            if content:
                found[image] = f"{size} {content}"
    return found


def _file(image: ImageSource) -> object:
    return image.member if isinstance(image, ReadAs) else image


def _size(image: ImageSource) -> str:
    """The size of an image's file, with the checksum that a zip states; empty if unknown."""
    file = _file(image)
    try:
        if isinstance(file, FileMember):
            return str(file.path.stat().st_size)
        if isinstance(file, ZipMember):
            return zip_checksum(file)
    except OSError:
        return ""
    return str(file.size) if isinstance(file, TarMember) else ""


def _content(image: ImageSource) -> str:
    file = _file(image)
    if isinstance(file, ZipMember):
        return "zipped"
    try:
        assert isinstance(file, FileMember | TarMember)
        return hashlib.blake2b(file.read(), digest_size=16).hexdigest()
    except ImageError:
        return ""
