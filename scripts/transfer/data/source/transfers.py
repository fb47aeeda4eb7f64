"""One file over HTTP into a partial file beside its place, resumed where it was cut.

No message here quotes an exception of the HTTP libraries: theirs contain whole addresses, and
an address may be signed.
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
TIMEOUT = (15, 60)  # seconds to connect, seconds between two pieces
LONGEST_WAIT = 60.0

# Asked for the bytes from an offset on, with the validator (ETag or date) of those before it.
Open = Callable[[int, str | None], requests.Response]


class TransferError(Exception):
    """Why one address did not give the file, in words that hold no secret."""


class RetryableError(Exception):
    """An attempt that may succeed next time; `wait` in seconds if the server asked for it."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


@dataclass(frozen=True)
class Patience:
    """How often a transfer without progress is tried again, and the first wait in seconds."""

    attempts: int = 5
    wait: float = 1.0


@dataclass(frozen=True)
class _Origin:
    """What a partial file is a part of."""

    address: str
    validator: str | None
    total: int | None


def partial_path(path: Path) -> Path:
    """Where the partial file of `path` lies."""
    return path.with_name(f"{path.name}.part")


def _origin_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.part.json")


def discard_partial(path: Path) -> None:
    """Forget what was transferred of `path`, so that the next transfer starts from zero."""
    partial_path(path).unlink(missing_ok=True)
    _origin_path(path).unlink(missing_ok=True)


def finish(path: Path) -> None:
    """Put a complete partial file into its place, on disk before it has the name."""
    with partial_path(path).open("rb") as file:
        os.fsync(file.fileno())
    partial_path(path).replace(path)


def http_opener(url: str) -> Open:
    """Open a plain address from an offset on."""

    def open_at(offset: int, validator: str | None) -> requests.Response:
        headers = {"Accept-Encoding": "identity", **range_headers(offset, validator)}
        return requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)

    return open_at


def range_headers(offset: int, validator: str | None) -> dict[str, str]:
    """Headers that ask for the bytes from `offset` on, if the file is still the same."""
    if not offset:
        return {}
    headers = {"Range": f"bytes={offset}-"}
    # A weak ETag proves no equality byte by byte; a server ignores it in If-Range.
    if validator and not validator.startswith("W/"):
        headers["If-Range"] = validator
    return headers


def reason(error: Exception) -> str:
    """A network error in words that hold no address."""
    for kind, words in (
        (requests.exceptions.Timeout, "no answer in time"),
        (urllib3.exceptions.TimeoutError, "no answer in time"),
        (requests.exceptions.SSLError, "the TLS certificate or handshake failed"),
        (requests.exceptions.ProxyError, "the proxy refused"),
        (requests.exceptions.TooManyRedirects, "redirected in a circle"),
        (requests.exceptions.ConnectionError, "no connection (host unknown, down or refusing)"),
        (urllib3.exceptions.ProtocolError, "the connection was cut"),
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
    """Bring the partial file of `path` to its full length; True if any of it was there before.

    `address` names the source in the record of the partial file and holds no secret; `size` is
    the expected number of bytes, if known; `checkable` says that a checksum will be held against
    the whole, without which a part is only gone on with if the server proves that it belongs. An
    attempt that brings the file further than ever
    before does not count against the patience. Raises TransferError when the address gives
    nothing, UserError when the disk has no room for it.
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
                f"{path.name}: {words} after {there:,} bytes; again in {wait:.0f} s",
                file=sys.stderr,
            )
            time.sleep(wait)


def _bar(name: str) -> tqdm:
    # A log file gets a line now and then, a terminal a moving bar.
    return tqdm(
        desc=name,
        unit="B",
        unit_scale=True,
        mininterval=0.2 if sys.stderr.isatty() else 10,
        disable=False,
        leave=True,
    )


def _resume_point(path: Path, address: str, size: int | None, checkable: bool) -> int:
    """Length of a partial file worth going on with; any other is discarded."""
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
            raise TransferError(f"holds {total:,} bytes, not {size:,} as expected")
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
        raise RetryableError("the connection was cut")
    if total is not None and there > total:
        discard_partial(path)
        raise RetryableError(f"more bytes came than the {total:,} announced")


def _accepted(
    path: Path, response: requests.Response, offset: int, known: _Origin | None
) -> tuple[int, int | None]:
    """Offset at which the answer's bytes belong, and the whole file's length if it is stated."""
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
        raise RetryableError("another part than asked for came; starting from zero")
    if status == 200:
        # The server ignores ranges, or the file is no longer the one that was begun.
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdigit() else None
    if status == 416:
        discard_partial(path)
        raise RetryableError("nothing lies beyond the part that is there; starting from zero")
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
            f"{path}: {tqdm.format_sizeof(needed)}B are still to come, and only "
            f"{tqdm.format_sizeof(free)}B are free in {path.parent}. Free space, or make the "
            "folder a link to a larger disk."
        )
