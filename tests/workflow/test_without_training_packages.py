"""The published study works without the packages for training."""

import os
import subprocess
import sys

import pytest
from checkout import copy_checkout, run_snakemake

# Named by the group `training` of pyproject.toml, and by no package of the others.
TRAINING_ALONE = "kagglesdk pytorch_fid rich safetensors sklearn timm torch torchvision tqdm"
BLOCK = f"""
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TRAINING_ALONE.split()!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


@pytest.mark.long
def test_the_published_study_is_made_without_them(tmp_path):
    project = copy_checkout(tmp_path / "project")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BLOCK)
    blocked = {"PYTHONPATH": str(tmp_path / "site")}
    probe = [sys.executable, "-c", "import safetensors"]
    environment = os.environ | blocked
    assert subprocess.run(probe, env=environment, stderr=subprocess.DEVNULL).returncode == 1

    targets = [
        "results/published/fang2023/tables/table02.csv",
        "results/published/fang2023/figures/figure1.svg",
    ]
    done = run_snakemake(project, *targets, **blocked)
    assert done.returncode == 0, done.stdout[-3000:]
