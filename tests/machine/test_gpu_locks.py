"""Ownership of the folder of locks, and the meaning of CUDA_VISIBLE_DEVICES."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from transfer.errors import UserError
from transfer.machine import gpus, leases

GPUS = tuple(gpus.GPU(i, f"GPU-{name}", "NVIDIA") for i, name in enumerate(("aa", "ab", "bb")))


@pytest.fixture(autouse=True)
def one_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "TRANSFER_LEASE", *gpus.SCHEDULERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRANSFER_GPUS", "1")
    monkeypatch.setenv("TRANSFER_GPU_LOCKS", str(tmp_path / "locks"))


def test_a_folder_of_locks_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with leases.leased_gpu() as lease:
        assert lease.chosen_by == "lease"
    assert (tmp_path / "locks").stat().st_mode & 0o077 == 0, "nobody else may look or lock"
    stranger = os.getuid() + 1
    monkeypatch.setattr(leases.os, "getuid", lambda: stranger)
    with pytest.raises(UserError, match="belongs to another user") as caught, leases.leased_gpu():
        pass
    assert str(tmp_path / "locks") in str(caught.value)
    assert "TRANSFER_GPU_LOCKS" in str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("2,0,1", [2, 0, 1]),
        # CUDA's list ends at the first that it does not know, though others follow.
        ("1,7,0", [1]),
        ("7,0", []),
        ("1,-1,0", [1]),
        ("1,,0", [1]),
        ("GPU-b,GPU-cc,GPU-aa", [2]),
        # The beginning of two names is no name.
        ("2,GPU-a,1", [2]),
        ("GPU-ab, GPU-aa", [1, 0]),
    ],
)
def test_the_list_ends_at_the_first_gpu_that_is_not_known(
    monkeypatch: pytest.MonkeyPatch, wanted: str, seen: list[int]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", wanted)
    assert [gpu.index for gpu in gpus.visible_gpus(GPUS)] == seen


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK])
def test_without_locks_no_gpu_is_leased(tmp_path, monkeypatch, number):
    """A file in place of a lock would keep the GPU of a run that was killed."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(UserError, match="has no locks") as caught, leases.leased_gpu():
        pass
    assert "TRANSFER_GPU_LOCKS" in str(caught.value)
