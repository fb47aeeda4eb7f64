"""The lock of the working folder, on file systems with locks and without."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from transfer.machine import working_folder
from transfer.machine.locks import held_alone

SCRIPTS = Path(__file__).parents[2] / "scripts"
CLAIM = "import sys; from transfer.machine.working_folder import claim; claim(sys.argv[1])"


def claim_elsewhere(folder):
    """Claim the folder in a process of its own."""
    command = [sys.executable, "-c", CLAIM, str(folder)]
    environment = {"PYTHONPATH": str(SCRIPTS)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)


def test_one_process_holds_a_folder_until_it_ends(tmp_path, monkeypatch):
    assert claim_elsewhere(tmp_path).returncode == 0
    held = []
    monkeypatch.setattr(working_folder, "_held", held)
    working_folder.claim(tmp_path)
    second = claim_elsewhere(tmp_path)
    assert second.returncode == 1 and "already running in this folder (process" in second.stderr
    held.pop().close()
    assert claim_elsewhere(tmp_path).returncode == 0


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def without_locks(request, monkeypatch):
    """A file system that has none, by each of the ways to say so."""

    def refuse(*_):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(working_folder, "_held", [])


def test_a_file_system_without_locks_is_worked_on_with_a_warning(without_locks, tmp_path, capsys):
    working_folder.claim(tmp_path)
    assert "no second Snakemake" in capsys.readouterr().err
    with held_alone(tmp_path, "busy") as waited:
        assert not waited
    assert "no second process" in capsys.readouterr().err
