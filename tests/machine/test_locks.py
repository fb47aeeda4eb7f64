"""Locks of folders and downloads, on file systems without locks and after killed processes."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from transfer.data.source.download import obtain
from transfer.data.source.files import source_files
from transfer.machine.locks import held_alone

SCRIPTS = Path(__file__).parents[2] / "scripts"
HOLD = """
import os, signal, sys
from pathlib import Path
from transfer.machine.locks import held_alone
with held_alone(Path(sys.argv[1]), "busy"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
NO_LOCKS = [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP]


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize("without_locks", NO_LOCKS, indirect=True)
def test_no_file_takes_the_place_of_a_lock(
    without_locks: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would outlive a process that was killed on another machine, and stop all later ones."""
    with held_alone(tmp_path, "busy"), held_alone(tmp_path, "busy") as waited:
        assert not waited
        marks = [path for path in tmp_path.iterdir() if path.stat().st_size]
    assert not marks
    printed = capsys.readouterr()
    assert printed.err.count("no second process") == 2 and not printed.out


@pytest.mark.parametrize("without_locks", NO_LOCKS, indirect=True)
def test_a_file_is_obtained_where_there_are_no_locks(
    without_locks: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos.bin").write_bytes(b"photos")
    source = {
        "homepage": "https://example.org",
        "kind": "by_hand",
        "files": [{"name": "photos.bin"}],
    }
    assert obtain(source_files(source)[0], tmp_path).size == 6
    assert "no second process" in capsys.readouterr().err


def test_what_a_killed_process_held_is_free(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(SCRIPTS)}
    killed = subprocess.run(
        [sys.executable, "-c", HOLD, str(tmp_path)], env=environment, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    with held_alone(tmp_path, "busy") as waited:
        assert not waited


def test_locks_of_other_names_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with held_alone(tmp_path, "busy", ".a.lock"), held_alone(tmp_path, "busy", ".b.lock") as waited:
        assert not waited
