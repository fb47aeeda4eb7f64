"""Find the images that a table names: with or without suffix, on Windows or elsewhere."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from transfer.data.left_out import SUFFIXES, is_image
from transfer.data.members import FileMember, Member, Members
from transfer.data.unpacking import open_members
from transfer.errors import UserError


class ImageLookup:
    """The images of a source, found by the paths in a table.

    `base` is a folder to which paths may be relative; it is listed only if a path needs it.
    """

    def __init__(self, members: Members | None, base: Path | None = None) -> None:
        self._members, self._base = members, base
        self._by_base: dict[str, list[str]] | None = None

    def find(self, path: str, where: str) -> Member | None:
        """The image at a path, or None.

        The path may lack the suffix or the folders above, be written with backslashes, and have
        folders of another machine if it is absolute; `*` stands for any part of a folder's name.
        Raises UserError, beginning with `where`, if several images fit equally well.
        """
        name = re.sub(r"/(\./)+|//+", "/", path.replace("\\", "/")).removeprefix("./")
        if self._base and "*" not in name and (self._base / name).is_file():
            return FileMember(name, self._base / name)
        if self._members and name in self._members and "*" not in name:
            return self._members[name]
        for fitting in self._candidates(name):
            if len(fitting) > 1:
                raise UserError(
                    f"{where}: {' and '.join(sorted(fitting)[:2])} fit '{path}': set `images`, "
                    "with the folder of the images"
                )
            if fitting:
                return self.members[fitting[0]]
        return None

    @property
    def members(self) -> Members:
        """All files of the source."""
        if self._members is None:
            assert self._base is not None
            self._members = open_members(self._base, self._base)
        return self._members

    def unused(self, used: Iterable[str]) -> list[str]:
        """Names of images that are not among those `used`; none if nothing had to be listed."""
        names = set(used)
        return [name for name in self._members or () if is_image(name) and name not in names]

    def some(self, count: int = 3) -> list[str]:
        """Names of a few images."""
        return [name for name in self.members if is_image(name)][:count]

    def _candidates(self, name: str) -> Iterator[list[str]]:
        """Names that fit a path, the best first: those in its own folder, then in any other.

        Of each, those in the same case come first.
        """
        absolute = re.match(r"[A-Za-z]:|/", name) is not None
        key, suffixes = _divided(re.sub(r"^([A-Za-z]:)?/*", "", name))
        keys = {
            found: _divided(found)[0]
            for found in self._named(PurePosixPath(key).name)
            if not suffixes or suffixes & _divided(found)[1]
        }
        wanted = re.escape(key).replace(r"\*", "[^/]*")
        for pattern in (wanted, f".*/{wanted}"):
            for case in (re.NOFLAG, re.IGNORECASE):
                yield [found for found in keys if re.fullmatch(pattern, keys[found], case)]
        if absolute:
            ends = [
                found for found in keys if f"/{key}".lower().endswith(f"/{keys[found]}".lower())
            ]
            longest = max((len(keys[found]) for found in ends), default=0)
            yield [found for found in ends if len(keys[found]) == longest]

    def _named(self, base: str) -> list[str]:
        if self._by_base is None:
            self._by_base = {}
            for name in filter(is_image, self.members):
                key = PurePosixPath(_divided(name)[0]).name.lower()
                self._by_base.setdefault(key, []).append(name)
        return self._by_base.get(base.lower(), [])


def _divided(name: str) -> tuple[str, set[str]]:
    """A name without its image suffixes, and those, in lower case; it may have two or none."""
    suffixes: set[str] = set()
    while suffix := next((one for one in SUFFIXES if name.lower().endswith(one)), ""):
        suffixes.add(suffix)
        name = name[: -len(suffix)]
    return name, suffixes
