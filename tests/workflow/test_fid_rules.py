"""The rules of the distance, run for real on a task of the demonstration."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fid_samples import noise_images, write_prepared

from transfer.validation import read_table

ROOT = Path(__file__).parents[2]

SNAKEFILE = """
import functools, sys
from types import SimpleNamespace
sys.path.insert(0, "scripts")
from transfer.fingerprint import fingerprint

configfile: "config.yaml"
DATASETS = {
    "shapes": {"group": "digits", "short_side": "original"},
    "pets": {"group": "web_scraped", "short_side": 368},
    "imagenet": {"group": "reference", "short_side": 368},
}
STUDIES = {
    "fang2023": SimpleNamespace(paper="fang2023", source="runs"),
    "published": SimpleNamespace(paper="fang2023", source="published"),
}
WARM_START = ""
STUDIES_OF_RUNS = "fang2023"
include: "workflow/rules/common.smk"
include: "workflow/rules/fid.smk"
"""

CONFIG = {
    "runs_per_card": 1,
    "fid": {
        "images": "train",
        "maximum_images": None,
        "resize": "pytorch_fid",
        "weights": "inception",
        "reference": "imagenet",
        "folders": {"imagenet": "originals/ILSVRC2012"},
        "folds": 2,
        "seed": 0,
        "demo": {"maximum_images": 6, "weights": "random", "reference": "photographs"},
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG))
    for name in ("scripts", "envs"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "workflow").mkdir()
    shutil.copytree(ROOT / "workflow" / "rules", tmp_path / "workflow" / "rules")
    for name in ("shapes", "pets"):
        write_prepared(tmp_path / "results" / "data" / name, noise_images([(24, 32)] * 10))
    return tmp_path


def snakemake(project: Path, *arguments: str) -> str:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_demonstrations_distance_says_what_it_is(project: Path) -> None:
    snakemake(project, "results/fid/shapes.json")
    found = json.loads((project / "results/fid/shapes.json").read_text())
    assert found["reference"] == "photographs"
    assert found["weights"] == "random, seed 0"
    assert (found["n_images"], found["reference_n_images"]) == (6, 6)
    assert found["fid"] > 0
    assert found["subsample_curve"][-1] == {
        "n_images": 6,
        "replicate": 0,
        "fid": pytest.approx(found["fid"], rel=1e-6),
    }
    again = snakemake(project, "results/fid/shapes.json", "-n")
    assert "Nothing to be done" in again


def test_real_datasets_share_one_reference_and_one_file_of_weights(project: Path) -> None:
    plan = snakemake(project, "results/fid/pets.json", "-n", "-p")
    assert plan.count("scripts/fetch_inception.py") == 1
    assert "--image-folder 'originals/ILSVRC2012'" in plan
    assert "--dataset-folder results/data/pets --short-side 368 --images train" in plan
    assert "--weights random" not in plan


def test_a_studys_table_and_groups_come_from_its_distances(tmp_path: Path) -> None:
    with (ROOT / "resources/published/fang2023/table11.csv").open(newline="") as file:
        published = {row["dataset"]: float(row["fid"]) for row in csv.DictReader(file)}
    paths = []
    for dataset, value in published.items():
        result = {
            "dataset": dataset,
            # In the published order but for one pair, and on another scale.
            "fid": {"pets": published["dtd"], "dtd": published["pets"]}.get(dataset, value) / 2,
            "reference": "imagenet",
            "images": "train",
            "weights": "inception",
            "resize": "clean_fid",
        }
        paths.append(tmp_path / f"{dataset}.json")
        paths[-1].write_text(json.dumps(result))
    subprocess.run(
        [
            *(sys.executable, "scripts/study_fid.py", "--fid", *map(str, paths)),
            *("--published", "resources/published/fang2023/table11.csv"),
            *("--output", str(tmp_path / "fid.csv"), "--groups", str(tmp_path / "groups.json")),
        ],
        check=True,
        cwd=ROOT,
    )
    table = read_table(tmp_path / "fid.csv", "fid").set_index("dataset")
    assert table.loc["eurosat", "fid"] == published["eurosat"] / 2
    assert "clean_fid" in table.loc["eurosat", "note"]
    groups = json.loads((tmp_path / "groups.json").read_text())
    assert groups["published"]["splits"] == groups["computed"]["splits"] == 18_564
    assert groups["computed"]["gap"] == pytest.approx(groups["published"]["gap"] / 2)
    assert groups["computed"]["p_one_sided"] == groups["published"]["p_one_sided"] < 0.01
    # Two neighbours in the order changed places: 1 - 6 x 2 / (18 x (18 squared - 1)).
    assert groups["rank_agreement"]["spearman_rho"] == pytest.approx(1 - 12 / (18 * 323))
