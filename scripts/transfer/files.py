"""Atomic writing of files, and checksums."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from transfer.errors import UserError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it into place if the block succeeds.

    The file is flushed to disk before the rename, so that a crash leaves the old file, the new file
    or none, never a partial one. On failure the temporary file is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: writers such as matplotlib and numpy choose the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically; NaN and infinity raise ValueError."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; NaN and infinity, which are not valid JSON, raise ValueError."""

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not valid JSON")

    return json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=refuse)


def checksum(path: str | Path, algorithm: str) -> str:
    """Hexadecimal digest of a file, read in chunks; `algorithm` is a name of hashlib."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def verify_checksum(path: str | Path, expected: str) -> None:
    """Check a file against `algorithm:hexdigest`; raise UserError naming both digests."""
    algorithm, _, digest = expected.partition(":")
    found = checksum(path, algorithm)
    if found != digest:
        raise UserError(
            f"{path}: {algorithm} is {found}, expected {digest}. "
            "The file is damaged or a different version: delete it and download it again."
        )
