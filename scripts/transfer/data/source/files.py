"""The source files of a dataset, as described in config/datasets.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True)
class Address:
    """A URL of a file; `checksum` and `size` are those of the file served there."""

    url: str
    checksum: str | None
    size: int | None

    @property
    def public(self) -> str:
        """The URL without possibly secret parts: user, password, query."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    `kind` is http, kaggle_competition, kaggle_dataset or by_hand; `checksum` is
    `algorithm:hexdigest`, `size` is in bytes, both None if not published.
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
        """Accepted checksums, those of all URLs."""
        known = (self.checksum, *(address.checksum for address in self.addresses))
        return tuple(dict.fromkeys(checksum for checksum in known if checksum))


def source_files(source: Mapping[str, Any]) -> list[SourceFile]:
    """The files of a `source` in a block of config/datasets.yaml, in its order."""
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
