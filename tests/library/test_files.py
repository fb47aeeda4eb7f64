"""Files are written completely or not at all, whatever happens to the process."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from published import ROOT

from transfer.errors import UserError
from transfer.files import atomic_path, checksum, verify_checksum, write_json, write_text


def writer(path, then: str) -> subprocess.Popen:
    """A process that has written half of a new file and then waits for a command."""
    code = f"""
        import sys, time
        from transfer.files import atomic_path
        with atomic_path({str(path)!r}) as temporary:
            with open(temporary, "w") as file:
                file.write("half of the new")
                file.flush()
                print("half", flush=True)
                {then}
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


@pytest.mark.parametrize("old", ["the old, whole", None])
def test_a_killed_process_leaves_the_old_file_whole_or_none(tmp_path, old):
    path = tmp_path / "results.csv"
    if old:
        path.write_text(old)
    process = writer(path, "time.sleep(60)")
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    assert path.exists() is bool(old)
    if old:
        assert path.read_text() == old
    # What is left over does not look like the result, and the next writer is not disturbed.
    assert not [left for left in tmp_path.iterdir() if left.name.startswith("results")][1:]
    write_text(path, "the new, whole")
    assert path.read_text() == "the new, whole"


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("old")
    process = writer(path, "raise RuntimeError")
    assert process.wait(30) == 1
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_suffix_stays_last_and_folders_are_made(tmp_path):
    with atomic_path(tmp_path / "a" / "figure1.svg") as temporary:
        assert temporary.suffix == ".svg" and temporary.parent == tmp_path / "a"
        temporary.write_text("x")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["figure1.svg"]


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "x.txt"
    with atomic_path(path) as first, atomic_path(path) as second:
        assert first != second
        first.write_text("1")
        second.write_text("2")
    assert path.read_text() == "1"


def test_text_is_utf8_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "t.txt", "é\nρ\n")
    assert (tmp_path / "t.txt").read_bytes() == "é\nρ\n".encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_that_others_cannot_read_is_not_written(tmp_path, value):
    path = tmp_path / "metrics.json"
    with pytest.raises(ValueError):
        write_json(path, {"value": value})
    assert not list(tmp_path.iterdir())
    write_json(path, {"value": 0.5, "name": "é"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"value": 0.5, "name": "é"}


def test_checksums(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(b"abc" * 100_000)
    digest = hashlib.md5(b"abc" * 100_000).hexdigest()
    assert checksum(path, "md5") == digest
    verify_checksum(path, f"md5:{digest}")
    path.write_bytes(b"abd")
    with pytest.raises(UserError, match=rf"a\.zip: md5 is .*expected {digest}"):
        verify_checksum(path, f"md5:{digest}")
