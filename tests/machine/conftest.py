"""A machine of four simulated GPUs."""

import pytest
from gpu_holders import SCRIPTS

from transfer.machine import gpus


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """The environment of a run on that machine."""
    for name in ("CUDA_VISIBLE_DEVICES", "TRANSFER_LEASE", gpus.TAKE_IN_USE, *gpus.SCHEDULERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRANSFER_GPUS", "4")
    monkeypatch.setenv("TRANSFER_GPU_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))
    return monkeypatch
