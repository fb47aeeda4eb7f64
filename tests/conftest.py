"""Shared fixtures."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import copy_checkout, run_snakemake


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh copy of the checkout, in a folder whose name has a space and an accent."""
    return copy_checkout(tmp_path / "a chéckout")


@pytest.fixture(scope="session")
def snakemake() -> Callable[..., subprocess.CompletedProcess]:
    """`run_snakemake`, for tests that bring their own folder."""
    return run_snakemake
