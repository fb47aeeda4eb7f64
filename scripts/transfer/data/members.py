"""Files inside folders and archives, found by name and read in place.

Nothing is unpacked unless random access requires it: zips and uncompressed tars are read in place;
compressed tars are decompressed, and archives inside zips copied, into a scratch folder that the
caller removes.
"""

import os
import zipfile
import zlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from PIL import Image

from transfer.data import decoding as images
from transfer.errors import UserError


class Member(Protocol):
    """A file to read: small, picklable, with a `name` for messages."""

    @property
    def name(self) -> str: ...

    def read(self) -> bytes: ...

    def load(self) -> Image.Image: ...


class _Encoded(ABC):
    """Base class of members: decodes the content of an image file."""

    @abstractmethod
    def read(self) -> bytes:
        """The file's bytes."""

    def load(self) -> Image.Image:
        """The decoded RGB image; ImageError if it cannot be read."""
        return images.decode(self.read())


@dataclass(frozen=True)
class FileMember(_Encoded):
    """A file of a folder."""

    name: str
    path: Path

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise images.ImageError(f"cannot be read ({error.strerror})") from None


@dataclass(frozen=True)
class ZipMember(_Encoded):
    """A file of a zip archive; `member` is its name there."""

    name: str
    archive: Path
    member: str

    def read(self) -> bytes:
        try:
            return _open_zip(self.archive).read(self.member)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
            raise images.ImageError(f"damaged in {self.archive.name} ({error})") from None


@dataclass(frozen=True)
class TarMember(_Encoded):
    """A file of an uncompressed tar archive: `size` bytes from `offset`."""

    name: str
    archive: Path
    offset: int
    size: int

    def read(self) -> bytes:
        with self.archive.open("rb") as file:
            file.seek(self.offset)
            data = file.read(self.size)
        if len(data) < self.size:
            raise images.ImageError(f"truncated in {self.archive.name}")
        return data


@dataclass(frozen=True)
class MissingMember(_Encoded):
    """A file listed in a table but missing from the source; reading it raises an error."""

    name: str

    def read(self) -> bytes:
        raise images.ImageError("listed, but not among the source's files")


@dataclass(frozen=True)
class ReadAs:
    """A file of an image, and how to read it."""

    member: Member
    reading: images.Reading

    @property
    def name(self) -> str:
        return self.member.name

    def load(self) -> Image.Image:
        """The decoded RGB image; ImageError if it cannot be read or needs another reading."""
        return images.decode(self.member.read(), self.reading)


# Workers read archives one after another, and parsing the directory of a large zip takes a second.
@lru_cache(maxsize=4)
def _open_zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


# A file opened before a fork shares its offset between both processes, which would disturb each
# other's reads.
os.register_at_fork(after_in_child=_open_zip.cache_clear)


def zip_checksum(member: ZipMember) -> str:
    """The size of a zip's member and its checksum, as its directory states them."""
    info = _open_zip(member.archive).getinfo(member.member)
    return f"{info.file_size}-{info.CRC:08x}"


class Members(dict[str, Member]):
    """Members by name, with the lookups that layouts need.

    `unread` are names in a folder that lead to no file: broken links, and links back to a folder
    that contains them.
    """

    unread: tuple[str, ...] = ()

    def image(self, name: str) -> Member:
        """The member of this name, or one that raises an error when read."""
        return self.get(name) or MissingMember(name)

    def text(self, name: str) -> str:
        """Content of a text member, without byte order mark; UserError if it is missing."""
        return self.bytes(name).decode("utf-8-sig")

    def bytes(self, name: str) -> bytes:
        """Content of a member; UserError if it is missing or damaged."""
        if name not in self:
            raise UserError(
                f"{name}: not in the downloaded files, which contain "
                f"{', '.join(sorted(self)[:5])} and {max(0, len(self) - 5)} more. "
                "The file is not the expected version, or its layout has changed."
            )
        try:
            return self[name].read()
        except images.ImageError as error:
            raise UserError(f"{name}: {error}") from None

    def below(self, *parts: str) -> "Members":
        """The members in a folder, with names relative to it."""
        prefix = "/".join(parts) + "/"
        return Members({n[len(prefix) :]: m for n, m in self.items() if n.startswith(prefix)})
