"""Short runs on a CPU import PyTorch once by default."""

import os
import sys
from pathlib import Path

import pytest

HERE = str(Path(sys.executable).parent)


@pytest.fixture
def plan(checkout, snakemake, tmp_path):
    """The commands that a dry run shows; with or without an `nvidia-smi` on the path."""
    (tmp_path / "gpu").mkdir()
    program = tmp_path / "gpu" / "nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)

    def commands(*options: str, gpu: bool = False) -> str:
        folders = [HERE, *os.defpath.split(os.pathsep)]
        folders = [one for one in folders if not Path(one, "nvidia-smi").exists()]
        path = os.pathsep.join([*folders, str(program.parent)] if gpu else folders)
        words = ["--dry-run", "-p", *options, "--", "demo"]
        done = snakemake(checkout, *words, PATH=path)
        assert done.returncode == 0, done.stdout[-3000:]
        assert "scripts/train.py --threads" in done.stdout
        return done.stdout

    return commands


WARM = "scripts/warm_start.py scripts/train.py"


def test_on_a_machine_without_a_gpu(plan):
    assert WARM in plan()


def test_not_on_one_with_a_gpu(plan):
    assert WARM not in plan(gpu=True)


def test_not_in_a_submitted_job(plan):
    assert WARM not in plan("--mode", "remote")


@pytest.mark.parametrize(("asked", "gpu"), [("true", True), ("false", False)])
def test_what_is_asked_for_holds(plan, asked, gpu):
    assert (WARM in plan("--config", f"warm_start={asked}", gpu=gpu)) is (asked == "true")
