"""Final runs in the workflow: after the choice, retrained alone, and if all diverge."""

import json
from pathlib import Path

import pandas as pd
import pytest
from checkout import copy_checkout
from demo_study import WARM, make, single_part

RESULTS = "results/demo/results.csv"
RECIPES = """
final_tiny:
  like: scratch_tiny
  steps: 4
  warmup_steps: 0
  final: {seeds: [0, 1], train_on: [train, val], report_split: test}
  grid: {optimizer: [adamw], schedule: [cosine], learning_rate: [0.003, 1.0e-9], weight_decay: [0]}
wild_tiny:
  like: final_tiny
  final: {seeds: [0], train_on: [train, val], report_split: test}
  grid: {optimizer: [sgd], schedule: [cosine], learning_rate: [1.0e+30, 1.0e+31], weight_decay: [0]}
"""
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = copy_checkout(tmp_path_factory.mktemp("finals") / "project")
    (folder / "config/recipes/finals.yaml").write_text(RECIPES)
    parts = {"datasets": ["digits_rare"], "models": ["lcnet_050"]}
    single_part(folder, "wild", recipe="wild_tiny", **parts)
    single_part(folder, "demo", recipe="final_tiny", **parts)
    make(folder, RESULTS)
    return folder


def trained(project: Path) -> dict[str, int]:
    """When each run was trained, by its name."""
    files = (project / "results/runs").glob("*/*/final_tiny/*/finished.json")
    return {file.parent.name: file.stat().st_mtime_ns for file in files}


def record(project: Path, name: str) -> dict:
    (path,) = project.glob(f"results/runs/*/*/*_tiny/{name}/metrics.json")
    return json.loads(path.read_text())


def test_the_table_has_the_mean_of_the_final_runs_of_the_chosen_point(project):
    row = pd.read_csv(project / RESULTS).iloc[0]
    finals = [record(project, name) for name in ("final-0", "final-1")]
    assert row.value == pytest.approx(sum(final["value"] for final in finals) / 2)
    assert (row.n_runs, row.n_expected, row.n_seeds) == (4, 4, 2)
    grid = [record(project, name) for name in trained(project) if not name.startswith("final")]
    best = max(grid, key=lambda one: one["history"][0]["selection"]["roc_auc"])
    assert {row.hp} == {final["hp"] for final in finals} == {best["hp"]}
    assert finals[0]["images_per_epoch"] > best["images_per_epoch"]
    assert (row.trained_on, row.reported_epoch) == ("train val", "last")


def test_a_further_seed_trains_one_run_and_other_splits_the_final_runs_alone(project, snakemake):
    before = trained(project)
    path = project / "config/recipes/finals.yaml"
    path.write_text(path.read_text().replace("seeds: [0, 1]", "seeds: [0, 1, 2]"))
    make(project, RESULTS)
    after = trained(project)
    assert {name for name in after if after[name] != before.get(name)} == {"final-2"}
    path.write_text(path.read_text().replace("2], train_on: [train, val]", "2], train_on: [train]"))
    make(project, RESULTS)
    again = trained(project)
    assert {name for name in again if again[name] != after[name]} == {
        "final-0", "final-1", "final-2",
    }  # fmt: skip
    assert record(project, "final-1")["selection_split"] == "val"
    assert "Nothing to be done" in snakemake(project, "--dry-run", RESULTS).stdout


def test_where_every_run_diverges_the_final_run_says_so_too(project, snakemake):
    made = snakemake(project, *WARM, "results/wild/results.csv")
    assert made.returncode == 0, made.stdout[-3000:]
    row = pd.read_csv(project / "results/wild/results.csv").iloc[0]
    assert pd.isna(row.value) and (row.n_runs, row.n_diverged, row.n_seeds) == (3, 3, 0)
