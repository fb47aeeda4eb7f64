"""Runs that start from the weights of another run: its change, loss and divergence."""

import json
from pathlib import Path

import pytest
from checkout import copy_checkout
from demo_study import WARM, make, single_part

RESULTS = "results/demo/results.csv"
POINT = "adamw-cosine_lr3e-3_wd1e-4"
GRID = "{optimizer: [adamw], schedule: [cosine], learning_rate: [0.003], weight_decay: [0.0001]}"
RECIPES = f"""
source_tiny:
  like: pretrain_tiny
  steps: 8
  evaluate_every: 8
  warmup_steps: 0
  grid: {GRID}
  models:
    lcnet_050: {{seed: 0}}
target_tiny:
  like: finetune_tiny
  steps: 4
  warmup_steps: 0
  weights: {{recipe: source_tiny, dataset: digits_classes}}
  grid: {GRID}
wild_tiny:
  like: source_tiny
  grid: {{optimizer: [sgd], schedule: [cosine], learning_rate: [1.0e+30], weight_decay: [0]}}
from_wild:
  like: target_tiny
  weights: {{recipe: wild_tiny, dataset: digits_classes}}
"""
# What two trainings of a run may differ in.
TIMES = {"seconds": 0, "images_per_second": 0, "history": []}
MODELS = ["lcnet_050", "mnasnet_small"]
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = copy_checkout(tmp_path_factory.mktemp("chain") / "project")
    (folder / "config/recipes/chain.yaml").write_text(RECIPES)
    parts = {"datasets": ["digits_rare"]}
    single_part(folder, "wild", recipe="from_wild", models=MODELS[:1], **parts)
    single_part(folder, "demo", recipe="target_tiny", models=MODELS, **parts)
    make(folder, RESULTS)
    return folder


def source(project: Path, model: str) -> Path:
    return project / "results/runs/digits_classes" / model / "source_tiny" / POINT


def target(project: Path, model: str) -> Path:
    return project / "results/runs/digits_rare" / model / "target_tiny" / POINT


def record(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def trained(project: Path) -> dict[str, int]:
    """When each run was trained: the time of a file that only training writes."""
    files = (project / "results/runs").glob("*/*/*/*/finished.json")
    return {"/".join(file.parts[-5:-3]): file.stat().st_mtime_ns for file in sorted(files)}


def trained_since(project: Path, before: dict[str, int]) -> set[str]:
    """The datasets and models of the runs that were trained since."""
    return {name for name, time in trained(project).items() if time != before[name]}


def edit_recipes(project: Path, old: str, new: str) -> None:
    path = project / "config/recipes/chain.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_study_brings_the_runs_that_it_starts_from(project):
    for model in MODELS:
        left, begun = record(source(project, model)), record(target(project, model))
        assert left["weights"] == "random" and left["kept_weights"]
        assert begun["weights"] == (
            f"run:digits_classes/{model}/source_tiny/{POINT}, sha256 {left['kept_weights']}"
        )
    assert len(trained(project)) == 4


def test_a_source_trained_again_with_the_same_result_trains_nothing_else(project, snakemake):
    before, path = trained(project), source(project, "lcnet_050")
    (path / "weights.safetensors").write_bytes(b"altered")
    # Nothing looks at weights that nothing is to start from.
    assert "Nothing to be done" in snakemake(project, "--dry-run", RESULTS).stdout
    begun = target(project, "lcnet_050")
    record_before = record(begun)
    for name in ("metrics.json", "finished.json"):
        (begun / name).unlink()
    failed = snakemake(project, *WARM, f"{begun.relative_to(project)}/metrics.json")
    assert failed.returncode == 1
    logs = project / "results/logs/train"
    log = (logs / f"digits_rare/lcnet_050/target_tiny/{POINT}.log").read_text()
    remedy = f"--force -- {path.relative_to(project)}/metrics.json"
    assert "not the weights that source_tiny.weights.json was" in log and remedy in log
    again = f"{path.relative_to(project)}/metrics.json"
    assert snakemake(project, "--force", *WARM, again).returncode == 0
    make(project, RESULTS)
    expected = {"digits_classes/lcnet_050", "digits_rare/lcnet_050"}
    assert trained_since(project, before) == expected
    assert record(begun) | TIMES == record_before | TIMES


def test_a_changed_source_trains_what_hangs_on_it_and_nothing_else(project):
    before = trained(project)
    value = record(target(project, "mnasnet_small"))
    edit_recipes(project, "{seed: 0}", "{seed: 1}")
    make(project, RESULTS)
    expected = {"digits_classes/lcnet_050", "digits_rare/lcnet_050"}
    assert trained_since(project, before) == expected
    assert record(target(project, "mnasnet_small")) == value
    left = record(source(project, "lcnet_050"))["kept_weights"]
    assert left in record(target(project, "lcnet_050"))["weights"]


def test_a_diverged_source_stops_what_hangs_on_it_alone(project, snakemake):
    (project / RESULTS).unlink()
    failed = snakemake(project, *WARM, "results/wild/results.csv", RESULTS)
    assert failed.returncode == 1
    assert (project / RESULTS).exists()
    assert not (project / "results/wild/results.csv").exists()
    left = json.loads(next(project.glob("results/runs/*/*/wild_tiny/*/metrics.json")).read_text())
    assert (left["status"], left["kept_weights"]) == ("diverged", None)
    why = "left no weights to start from: it diverged, as did every run of its cell"
    assert why in failed.stdout
    assert not list(project.glob("results/runs/*/*/from_wild"))
