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
PHASES = ("inputs/datasets", "inputs/prepare", "rules/datasets", "rules/prepare")
INCLUDES = "\n".join(f"include: {str(ROOT / 'workflow' / f'{name}.smk')!r}" for name in PHASES)
SNAKEFILE = f"""
import sys
sys.path.insert(0, "scripts")
from transfer.data.dataset import read_datasets
from transfer.fingerprint import fingerprint
from transfer.study.config import read_settings
configfile: {str(ROOT / "config" / "config.yaml")!r}
config = read_settings(config)
DATASETS = read_datasets("config/datasets.yaml")
PYTHON = sys.executable
{INCLUDES}
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


def test_a_derived_dataset_follows_its_sample_and_the_other(project):
    path = project / "config" / "datasets.yaml"
    blocks = yaml.safe_load(path.read_text())
    blocks["turned"] = {
        "name": "Some digits, turned",
        "short_name": "Turned",
        "like": "digits_source",
        "sample": {"rows": "config/turned.csv"},
    }
    path.write_text(yaml.safe_dump(blocks))
    sample = project / "config" / "turned.csv"
    sample.write_text("id\ndigit_0000\n")
    target = "results/data/turned/index.csv"
    done = snakemake(project, target)
    log = project / "results/logs/derive/turned.log"
    assert done.returncode != 0 and not (project / target).exists()
    assert "config/turned.csv: line 2: id 'digit_0000': " in log.read_text()

    index = pd.read_csv(project / "results/data/digits_source/index.csv")
    own = index[index.split == "train"].id[:3].to_list()
    sample.write_text("\n".join(["id", *own, own[0]]) + "\n")
    done = snakemake(project, target)
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(project / target).query("split == 'train'").id.to_list() == [*own, own[0]]
    summary = json.loads((project / "results/data/turned/summary.json").read_text())
    assert summary["counts"]["train"] == 4 and summary["distinct_images"]["train"] == 3
    assert not list((project / "results/data/turned").rglob("*.bin"))

    def asked_for():
        again = snakemake(project, target, "-n")
        said = again.stdout + again.stderr
        return {job for job in ("Preparing digits_source", "Deriving turned") if job in said}

    assert asked_for() == set()
    sample.write_text("\n".join(["id", *own]) + "\n")
    assert asked_for() == {"Deriving turned"}
    assert snakemake(project, target).returncode == 0 and asked_for() == set()
    blocks["digits_source"]["layout"]["seed"] = 1
    path.write_text(yaml.safe_dump(blocks))
    assert asked_for() == {"Preparing digits_source", "Deriving turned"}
