"""What several tests share: a copy of the checkout, and snakemake run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def copy_checkout(target: Path) -> Path:
    """Copy every file that git would commit to `target`; links stay links."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source, copy = ROOT / name, target / name
        if name and (source.is_symlink() or source.is_file()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    return target


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh copy of the checkout, in a folder whose name has a space and an accent."""
    return copy_checkout(tmp_path / "a chéckout")


def run_snakemake(folder: Path, *arguments: str, **environment: str):
    """Run snakemake in `folder` with this interpreter first on the path; output as text."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
    )


@pytest.fixture
def snakemake() -> Callable[..., subprocess.CompletedProcess]:
    """`run_snakemake`, for tests that bring their own folder."""
    return run_snakemake
