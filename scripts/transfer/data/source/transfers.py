"""Transfer a file over HTTP into a partial file, resuming after an interruption.

Messages never quote exceptions of the HTTP libraries: these contain full URLs, which may be signed.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.client import responses
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm

from transfer.errors import UserError
from transfer.files import write_json

CHUNK = 2**20
TIMEOUT = (15, 60)  # seconds to connect, seconds between two chunks
LONGEST_WAIT = 60.0

# Requests the bytes from an offset, with the validator (ETag or date) of those before it.
Open = Callable[[int, str | None], requests.Response]


class TransferError(Exception):
    """Why a URL did not provide the file; contains no secrets."""


class RetryableError(Exception):
    """A failure that may be temporary; `wait` in seconds if requested by the server."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


@dataclass(frozen=True)
class Patience:
    """Number of attempts without progress, and the first wait in seconds."""

    attempts: int = 5
    wait: float = 1.0


@dataclass(frozen=True)
class _Origin:
    """The origin of a partial file."""

    address: str
    validator: str | None
    total: int | None


def partial_path(path: Path) -> Path:
    """Path of the partial file of `path`."""
    return path.with_name(f"{path.name}.part")


def _origin_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.part.json")


def discard_partial(path: Path) -> None:
    """Delete the partial file of `path`, so that the next transfer starts over."""
    partial_path(path).unlink(missing_ok=True)
    _origin_path(path).unlink(missing_ok=True)


def finish(path: Path) -> None:
    """Flush a complete partial file to disk and move it into place."""
    with partial_path(path).open("rb") as file:
        os.fsync(file.fileno())
    partial_path(path).replace(path)


def http_opener(url: str) -> Open:
    """A function that opens a plain URL at an offset."""

    def open_at(offset: int, validator: str | None) -> requests.Response:
        headers = {"Accept-Encoding": "identity", **range_headers(offset, validator)}
        return requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)

    return open_at


def range_headers(offset: int, validator: str | None) -> dict[str, str]:
    """Headers that request the bytes from `offset`, provided the file has not changed."""
    if not offset:
        return {}
    headers = {"Range": f"bytes={offset}-"}
    # A weak ETag does not guarantee identical bytes; servers ignore it in If-Range.
    if validator and not validator.startswith("W/"):
        headers["If-Range"] = validator
    return headers


def reason(error: Exception) -> str:
    """Describe a network error without quoting URLs."""
    for kind, words in (
        (requests.exceptions.Timeout, "timed out"),
        (urllib3.exceptions.TimeoutError, "timed out"),
        (requests.exceptions.SSLError, "the TLS certificate or handshake failed"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.TooManyRedirects, "too many redirects"),
        (requests.exceptions.ConnectionError, "no connection (host unknown, down or refusing)"),
        (urllib3.exceptions.ProtocolError, "the connection was interrupted"),
    ):
        if isinstance(error, kind):
            return words
    return f"failed ({type(error).__name__})"


def transfer(
    path: Path,
    address: str,
    open_at: Open,
    patience: Patience | None = None,
    size: int | None = None,
    checkable: bool = True,
) -> bool:
    """Complete the partial file of `path`; returns whether an earlier transfer was resumed.

    `address` identifies the source in the record of the partial file and contains no secrets.
    `size` is the expected number of bytes, if known. `checkable` says that the complete file will
    be verified against a checksum; otherwise a transfer is resumed only if the server confirms that
    the file has not changed. Attempts that make progress do not count as failures. Raises
    TransferError if the URL does not provide the file, UserError if the disk is too small.
    """
    patience = patience or Patience()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path)
    before = _resume_point(path, address, size, checkable)
    resumed = before > 0
    furthest, failures = before, 0
    while True:
        try:
            with _bar(path.name) as bar:
                _attempt(path, address, open_at, size, checkable, bar)
            return resumed
        except (requests.RequestException, urllib3.exceptions.HTTPError, RetryableError) as error:
            there = partial.stat().st_size if partial.exists() else 0
            failures = 0 if there > furthest else failures + 1
            furthest = max(furthest, there)
            words = str(error) if isinstance(error, RetryableError) else reason(error)
            if failures >= patience.attempts:
                raise TransferError(f"{words}, {failures} times in a row") from None
            wait = min(patience.wait * 2**failures, LONGEST_WAIT)
            if isinstance(error, RetryableError) and error.wait:
                wait = min(error.wait, LONGEST_WAIT)
            print(
                f"{path.name}: {words} after {there:,} bytes; retrying in {wait:.0f} s",
                file=sys.stderr,
            )
            time.sleep(wait)


def _bar(name: str) -> tqdm:
    # A terminal gets an animated bar, a log file an occasional line.
    return tqdm(
        desc=name,
        unit="B",
        unit_scale=True,
        mininterval=0.2 if sys.stderr.isatty() else 10,
        disable=False,
        leave=True,
    )


def _resume_point(path: Path, address: str, size: int | None, checkable: bool) -> int:
    """Length of a partial file that can be resumed; any other is discarded."""
    origin = _read_origin(path)
    partial = partial_path(path)
    if not partial.exists() or origin is None or origin.address != address:
        discard_partial(path)
        return 0
    changed = size is not None and origin.total not in (None, size)
    if changed or not (checkable or origin.validator):
        discard_partial(path)
        return 0
    return partial.stat().st_size


def _read_origin(path: Path) -> _Origin | None:
    try:
        return _Origin(**json.loads(_origin_path(path).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _attempt(
    path: Path, address: str, open_at: Open, size: int | None, checkable: bool, bar: tqdm
) -> None:
    partial = partial_path(path)
    offset = _resume_point(path, address, size, checkable)
    known = _read_origin(path)
    if known is not None and known.total is not None and offset == known.total:
        return
    with open_at(offset, known.validator if known else None) as response:
        offset, total = _accepted(path, response, offset, known)
        validator = _validator(response)
        if size is not None and total is not None and total != size:
            raise TransferError(f"the file has {total:,} bytes, expected {size:,}")
        _check_space(path, (total if total is not None else size or 0) - offset)
        if offset == 0:
            discard_partial(path)
            write_json(_origin_path(path), asdict(_Origin(address, validator, total)))
        bar.total = total
        bar.update(offset)
        with partial.open("ab") as file:
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
    there = partial.stat().st_size
    if total is not None and there < total:
        raise RetryableError("the connection was interrupted")
    if total is not None and there > total:
        discard_partial(path)
        raise RetryableError(f"received more than the {total:,} bytes announced")


def _accepted(
    path: Path, response: requests.Response, offset: int, known: _Origin | None
) -> tuple[int, int | None]:
    """Offset of the bytes of a response, and the length of the whole file if stated."""
    status = response.status_code
    if status == 206:
        stated = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
        )
        total = int(stated[2]) if stated and stated[2] != "*" else None
        before = known or _Origin("", None, None)
        if (
            stated
            and int(stated[1]) == offset
            and total in (None, before.total or total)
            and _validator(response) in (None, before.validator)
        ):
            return offset, total or before.total
        discard_partial(path)
        raise RetryableError("received another range than requested; starting over")
    if status == 200:
        # The server ignores ranges, or the file has changed.
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    if status == 416:
        discard_partial(path)
        raise RetryableError("the requested range does not exist; starting over")
    if status in (408, 425, 429) or status >= 500:
        asked = response.headers.get("Retry-After", "")
        raise RetryableError(f"HTTP {status}", float(asked) if asked.isdigit() else 0.0)
    raise TransferError(f"HTTP {status} {responses.get(status, '')}".rstrip())


def _validator(response: requests.Response) -> str | None:
    return response.headers.get("ETag") or response.headers.get("Last-Modified")


def _check_space(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise UserError(
            f"{path}: {tqdm.format_sizeof(needed)}B still to download, but only "
            f"{tqdm.format_sizeof(free)}B free in {path.parent}. Free some space, or replace the "
            "folder by a link to a larger disk."
        )
