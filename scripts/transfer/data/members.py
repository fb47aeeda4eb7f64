"""Files inside folders and archives, found by name and read where they lie.

Nothing is unpacked unless random access asks for it: a zip and a plain tar are read in place, a
compressed tar is first decompressed, and an archive inside a zip first copied, into a scratch
folder that the caller removes.
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
    """A file to read: small, picklable, its `name` for messages."""

    @property
    def name(self) -> str: ...

    def read(self) -> bytes: ...

    def load(self) -> Image.Image: ...


class _Encoded(ABC):
    """What every kind of member shares: an image file's content, decoded."""

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
            raise images.ImageError(f"cut off in {self.archive.name}")
        return data


@dataclass(frozen=True)
class MissingMember(_Encoded):
    """A file that a table lists and the source lacks; reading it says so."""

    name: str

    def read(self) -> bytes:
        raise images.ImageError("listed, but not among the source's files")


# Workers read one archive after another; a large zip's directory takes a second to parse.
@lru_cache(maxsize=4)
def _open_zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


# A file opened before a fork has one offset for both processes: each would read where the other
# has just moved it to.
os.register_at_fork(after_in_child=_open_zip.cache_clear)


class Members(dict[str, Member]):
    """Members by name, with the lookups that layouts need."""

    def image(self, name: str) -> Member:
        """The member of this name, or one whose reading reports it as missing."""
        return self.get(name) or MissingMember(name)

    def text(self, name: str) -> str:
        """A text member as UTF-8, without its byte order mark; UserError if it is not there."""
        return self.bytes(name).decode("utf-8-sig")

    def bytes(self, name: str) -> bytes:
        """A member's content; UserError if it is not there or damaged."""
        if name not in self:
            raise UserError(
                f"{name}: not in the downloaded files, which hold "
                f"{', '.join(sorted(self)[:5])} and {max(0, len(self) - 5)} more. "
                "The file is another version than expected, or its layout has changed."
            )
        try:
            return self[name].read()
        except images.ImageError as error:
            raise UserError(f"{name}: {error}") from None

    def below(self, *parts: str) -> "Members":
        """The members below a folder, named relative to it."""
        prefix = "/".join(parts) + "/"
        return Members({n[len(prefix) :]: m for n, m in self.items() if n.startswith(prefix)})
