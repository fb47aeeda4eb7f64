"""The rules `download` and `prepare` in real Snakemake runs, from hand-placed archives."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import stand_ins
import yaml

ROOT = Path(__file__).parents[2]
SNAKEFILE = f"""
import functools, sys
sys.path.insert(0, "scripts")
from transfer.fingerprint import fingerprint
from transfer.validation import read_yaml
from transfer.study.config import read_settings
configfile: {str(ROOT / "config" / "config.yaml")!r}
config = read_settings(config)
DATASETS = read_yaml("config/datasets.yaml", "datasets")
PYTHON = sys.executable
include: {str(ROOT / "workflow" / "rules" / "common.smk")!r}
include: {str(ROOT / "workflow" / "rules" / "datasets.smk")!r}
include: {str(ROOT / "workflow" / "rules" / "prepare.smk")!r}
"""


@pytest.fixture
def project(tmp_path):
    """A project whose config can be edited; code and schemas are the real ones."""
    for name in ("scripts", "workflow"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "datasets.yaml").write_bytes(
        (ROOT / "config" / "datasets.yaml").read_bytes()
    )
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    return tmp_path


def snakemake(project, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=project,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_from_a_hand_placed_archive_to_the_index(project):
    folder = project / "resources" / "downloads" / "eurosat"
    target = "results/data/eurosat/index.csv"
    unverified = ("--config", "verify_downloads=false")
    stand_ins.make_eurosat(folder, image=b"damaged")
    assert snakemake(project, target, *unverified).returncode != 0
    assert not (project / target).exists()
    log = project / "results" / "logs" / "prepare" / "eurosat.log"
    assert "69 of its images cannot be read" in log.read_text()

    stand_ins.make_eurosat(folder)
    done = snakemake(project, target, *unverified)
    assert done.returncode == 0, done.stderr
    assert not [p for p in (project / "results" / "data").iterdir() if p.name.startswith(".")]
    index = pd.read_csv(project / target)
    assert list(index.columns) == ["id", "label", "split"]
    assert len(index) == 69 and set(index.split) == {"train", "val"}
    summary = json.loads((project / "results/data/eurosat/summary.json").read_text())
    assert summary["published"] == {"classes": 10, "train_size": 21600, "eval_size": 5400}
    assert [record["verified"] for record in summary["downloads"]] == [False]
    assert "not verified" in log.read_text()

    # A name in the table is no reason to decode again, a change of the split is.
    path = project / "config" / "datasets.yaml"
    blocks = yaml.safe_load(path.read_text())
    blocks["eurosat"]["name"] = "EuroSAT, renamed"
    path.write_text(yaml.safe_dump(blocks))
    again = snakemake(project, target, *unverified, "-n")
    assert "Nothing to be done" in again.stdout + again.stderr
    blocks["eurosat"]["split"]["seed"] = 43
    path.write_text(yaml.safe_dump(blocks))
    again = snakemake(project, target, *unverified, "-n")
    assert "Preparing eurosat" in again.stdout + again.stderr
