"""Handling of a server's responses: ranges that do not match, and requests to wait."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from loopback import Answer, Seen, serve

from transfer.data.source import transfers
from transfer.data.source.transfers import (
    Patience,
    TransferError,
    http_opener,
    partial_path,
    transfer,
)

CONTENT = os.urandom(20_000)
OLD = os.urandom(30_000)
PATIENCE = Patience(attempts=3, wait=0.5)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each wait would have been, in seconds."""
    slept: list[float] = []
    monkeypatch.setattr(transfers, "time", SimpleNamespace(sleep=slept.append))
    return slept


def fetch(address: str, path: Path, checkable: bool = True) -> bytes:
    """Transfer to a partial file, and return what it holds."""
    url = f"{address}/a"
    transfer(path, url, http_opener(url), PATIENCE, checkable=checkable)
    return partial_path(path).read_bytes()


def ranges(requests: list[Seen]) -> list[str | None]:
    return [seen.headers.get("Range") for seen in requests]


def test_a_part_that_is_longer_than_the_file_is_begun_again(tmp_path: Path) -> None:
    """HTTP 416: the file at the address became shorter than what is there of it."""

    def answer(seen: Seen, before: int) -> Answer:
        return Answer(CONTENT, if_range=False) if before else Answer(OLD, cut=25_000)

    with serve(answer) as server:
        assert fetch(server.address, tmp_path / "a") == CONTENT
    assert ranges(server.requests) == [None, "bytes=25000-", None]


def test_nothing_at_all_is_in_any_range(tmp_path: Path) -> None:
    with (
        serve(lambda seen, before: Answer(status=416)) as server,
        pytest.raises(TransferError, match=r"requested range does not exist.* 3 times in a row"),
    ):
        fetch(server.address, tmp_path / "a")
    assert len(server.requests) == 3


@pytest.mark.parametrize("start", [4999, 5001])
def test_a_part_from_elsewhere_in_the_file_is_not_taken(tmp_path: Path, start: int) -> None:
    def answer(seen: Seen, before: int) -> Answer:
        if before != 1:
            return Answer(CONTENT, cut=None if before else 5000)
        stated = {"Content-Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"}
        return Answer(CONTENT[start:], status=206, headers=stated)

    with serve(answer) as server:
        assert fetch(server.address, tmp_path / "a") == CONTENT
    assert ranges(server.requests) == [None, "bytes=5000-", None]


def test_a_part_of_a_file_of_another_length_is_not_taken(tmp_path: Path) -> None:
    """Though the server says that it is the same: without a checksum nobody else would notice."""

    def answer(seen: Seen, before: int) -> Answer:
        return Answer(CONTENT) if before else Answer(OLD, cut=5000)

    with serve(answer) as server:
        assert fetch(server.address, tmp_path / "a", checkable=False) == CONTENT
    assert ranges(server.requests) == [None, "bytes=5000-", None]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7.0),
        ("86400", transfers.LONGEST_WAIT),
        # A date, and nonsense: the wait is ours, half a second and twice that.
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
        ("-3", 1.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_is_given_the_time_that_it_asks_for(
    tmp_path: Path, waits: list[float], status: int, asked: str, waited: float
) -> None:
    def answer(seen: Seen, before: int) -> Answer:
        busy = Answer(status=status, headers={"Retry-After": asked})
        return Answer(CONTENT) if before else busy

    with serve(answer) as server:
        assert fetch(server.address, tmp_path / "a") == CONTENT
    assert waits == [waited]


def test_the_waits_grow_and_an_hour_is_none(tmp_path: Path, waits: list[float]) -> None:
    with (
        serve(lambda seen, before: Answer(status=500)) as server,
        pytest.raises(TransferError, match="HTTP 500, 3 times in a row"),
    ):
        fetch(server.address, tmp_path / "a")
    assert waits == [1.0, 2.0]
