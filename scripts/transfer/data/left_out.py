"""Files of a source that are not used: hidden files, other formats, images without a class."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

# Image suffixes of torchvision's ImageFolder, and more.
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# How many of the files left out for one reason are named.
NAMED = 5


@dataclass(frozen=True)
class LeftOut:
    """Files left out for one reason: how many, and the names of the first."""

    reason: str
    count: int
    files: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {self.count - len(self.files)} more" if self.count > len(self.files) else ""
        return f"{self.count} left out: {self.reason}: {', '.join(self.files)}{more}"


def left_out(reason: str, names: Iterable[str]) -> list[LeftOut]:
    """One entry for all of the names; none if there are none."""
    names = list(names)
    return [LeftOut(reason, len(names), tuple(names[:NAMED]))] if names else []


def is_hidden(name: str) -> bool:
    """Whether a file is hidden or in a hidden folder, such as macOS's `._1.jpg` and `__MACOSX`."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def is_image(name: str) -> bool:
    """Whether a name has the suffix of a format that is read, and is not hidden."""
    return name.lower().endswith(SUFFIXES) and not is_hidden(name)


def not_images(names: Iterable[str]) -> list[LeftOut]:
    """The files that are not read whatever their place: hidden ones, and those of other formats."""
    hidden: list[str] = []
    of_suffix: dict[str, list[str]] = {}
    for name in names:
        if is_hidden(name):
            hidden.append(name)
        elif not is_image(name):
            of_suffix.setdefault(PurePosixPath(name).suffix.lower(), []).append(name)
    found = left_out("hidden files", hidden)
    for suffix, files in sorted(of_suffix.items()):
        found += left_out(f"{suffix} files are not read" if suffix else "no image suffix", files)
    return found
