"""The files of a dataset's source, as config/datasets.yaml describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True)
class Address:
    """One address of a file; `checksum` and `size` are those of the file served there."""

    url: str
    checksum: str | None
    size: int | None

    @property
    def public(self) -> str:
        """The address without what may be secret: user, password, query."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    `kind` is http, kaggle_competition, kaggle_dataset or by_hand; `checksum` is
    `algorithm:hexdigest`, `size` is in bytes, both None if nobody published them.
    """

    name: str
    kind: str
    homepage: str
    checksum: str | None
    size: int | None
    addresses: tuple[Address, ...]
    slug: str
    instructions: str

    @property
    def checksums(self) -> tuple[str, ...]:
        """Every checksum by which the file, from whichever address, is known to be right."""
        known = (self.checksum, *(address.checksum for address in self.addresses))
        return tuple(dict.fromkeys(checksum for checksum in known if checksum))


def source_files(source: Mapping[str, Any]) -> list[SourceFile]:
    """The files of the `source` of one block of config/datasets.yaml, in its order."""
    files = []
    for entry in source["files"]:
        checksum, size = entry.get("checksum"), entry.get("size")
        addresses = [
            Address(url, checksum, size)
            if isinstance(url, str)
            else Address(url["url"], url["checksum"], url.get("size"))
            for url in entry.get("urls", [])
        ]
        files.append(
            SourceFile(
                name=entry["name"],
                kind=entry.get("kind", source["kind"]),
                homepage=source["homepage"],
                checksum=checksum,
                size=size,
                addresses=tuple(addresses),
                slug=entry.get("slug", ""),
                instructions=entry.get("instructions", ""),
            )
        )
    return files
