"""Cells of optional parts wait for files that a person must place, and say for which."""

import pandas as pd
import pytest
from published import ROOT
from stand_in_tables import a_dataset
from trained import DATASETS, GIVEN, printed_results
from views import made_table

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.results.selection import select
from transfer.results.table import load_results, part_notes
from transfer.study.absent import absent_cells, present_runs
from transfer.study.expected import expected_runs
from transfer.study.grid import Cell
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.study.study import Part, Study, read_study

RECIPES = read_recipes(ROOT / "config" / "recipes")
MODELS = read_models(ROOT / "config" / "models.tsv")
BY_HAND = a_dataset(
    "eyes",
    source={
        "homepage": "https://example.org",
        "kind": "by_hand",
        "files": [{"name": "eyes.zip", "instructions": "Get it."}],
    },
)
KNOWN = {**read_datasets(DATASETS), "eyes": BY_HAND}
TEXT = """
title: Augmentation
source: runs
parts:
  main: {datasets: [cct20], models: [resnet50], recipe: finetune_50}
  augmented:
    datasets: [cct20]
    models: [resnet50, resnet50_augmix]
    recipe: finetune_augmix
    optional: true
imagenet_top1: published
paper: fang2023
threshold: 70
intervals: {samples: 100, seed: 1, level: 0.95}
tables: {table03: values, table07: {view: values, parts: [augmented]}}
figures: {}
"""


def a_study(*parts: Part) -> Study:
    named = {f"part{number}": part for number, part in enumerate(parts)}
    return Study("s", "", "runs", named, "", 70, {}, {}, {})


def absent(tmp_path, *parts: Part, **weights: str) -> dict:
    downloads, prepared = tmp_path / "downloads", tmp_path / "data"
    return absent_cells(a_study(*parts), RECIPES, MODELS, KNOWN, weights, downloads, prepared)


def test_weights_that_no_library_publishes_are_waited_for(tmp_path):
    part = Part(("cct20",), ("resnet50", "resnet50_augmix"), "finetune_augmix", optional=True)
    found = absent(tmp_path, part)
    assert list(found) == [("cct20", "resnet50_augmix", "finetune_augmix")]
    (why,) = found.values()
    assert "weights_files: resnet50_augmix in config/config.yaml" in why
    assert absent(tmp_path, part, resnet50_augmix="augmix.pth") == {}
    # Where they are not optional, their absence is an error as before.
    assert absent(tmp_path, Part(("cct20",), ("resnet50_augmix",), "finetune")) == {}


def test_images_to_be_placed_are_waited_for_until_they_are_there(tmp_path):
    part = Part(("cct20", "eyes"), ("resnet50",), "finetune", optional=True)
    found = absent(tmp_path, part)
    place = f"place eyes.zip in {tmp_path / 'downloads' / 'eyes'}"
    assert found == {("eyes", "resnet50", "finetune"): place}
    (tmp_path / "downloads" / "eyes").mkdir(parents=True)
    (tmp_path / "downloads" / "eyes" / "eyes.zip").touch()
    assert absent(tmp_path, part) == {}
    (tmp_path / "downloads" / "eyes" / "eyes.zip").unlink()
    (tmp_path / "data" / "eyes").mkdir(parents=True)
    (tmp_path / "data" / "eyes" / "index.csv").touch()
    assert absent(tmp_path, part) == {}


def test_a_cell_that_another_part_needs_is_no_option(tmp_path):
    optional = Part(("eyes",), ("resnet50", "alexnet"), "finetune", optional=True)
    needed = Part(("eyes",), ("resnet50",), "finetune")
    assert list(absent(tmp_path, optional, needed)) == [("eyes", "alexnet", "finetune")]


def test_what_is_planned_leaves_them_out(tmp_path):
    part = Part(("cct20",), ("resnet50", "resnet50_augmix"), "finetune_augmix", optional=True)
    places = (RECIPES, MODELS, KNOWN, {}, tmp_path / "downloads", tmp_path / "data")
    assert {run.model for run in present_runs(a_study(part), *places)} == {"resnet50"}
    # The study as it is shipped waits for one checkpoint, on two datasets in three recipes.
    study = read_study(ROOT / "config" / "studies" / "fang2023.yaml")
    left_out = set(expected_runs(study, RECIPES, MODELS)) - set(present_runs(study, *places))
    assert {run.model for run in left_out} == {"resnet50_augmix"} and len(left_out) == 2 * 3 * 60


def test_selection_expects_no_runs_of_them_and_says_what_they_lack(tmp_path):
    cell = Cell("pets", "resnet50", "finetune", ("a", "b"))
    lacks = {("pets", "resnet50", "finetune"): "place pets.zip in downloads"}
    metrics = {"pets": "accuracy"}
    row = select([cell], tmp_path, "as_published", False, metrics, absent=lacks).iloc[0]
    assert (row["n_runs"], row["n_expected"], row["absent"]) == (0, 2, lacks[cell_key(cell)])
    assert pd.isna(row["value"])
    with pytest.raises(UserError, match="2 runs are missing"):
        select([cell], tmp_path, "as_published", False, metrics)


def cell_key(cell: Cell) -> tuple[str, str, str]:
    return cell.dataset, cell.model, cell.recipe


def test_what_shows_the_part_names_the_file_and_the_runs(tmp_path):
    study = tmp_path / "ours.yaml"
    study.write_text(TEXT)
    assert read_study(study).parts["augmented"].optional
    results = tmp_path / "results.csv"
    cells = printed_results(results).query("dataset == 'cct20' and model == 'resnet50'")
    rows = [
        {**cells.iloc[0].to_dict(), "recipe": "finetune_50", "absent": ""},
        {**cells.iloc[0].to_dict(), "recipe": "finetune_augmix", "absent": ""},
        {
            "dataset": "cct20",
            "model": "resnet50_augmix",
            "recipe": "finetune_augmix",
            "metric": "accuracy",
            "n_runs": 0,
            "n_expected": 60,
            "n_diverged": 0,
            "absent": "place it there",
        },
    ]
    pd.DataFrame(rows).assign(hp="").astype({"best_epoch": "Int64"}).to_csv(results, index=False)
    read = ["--results", results, "--study", study, *GIVEN]
    made_table("values", tmp_path / "table07.csv", *read, parts=["augmented"])
    text = (tmp_path / "table07.md").read_text(encoding="utf-8")
    assert "Not trained: 60 runs of ResNet-50 w/ AugMix; place it there." in text
    assert pd.read_csv(tmp_path / "table07.csv")["cct20"].isna().tolist() == [False, True]
    loaded = load_results(results, study, [GIVEN[1]], GIVEN[3], GIVEN[5:])
    assert not any("Not trained" in note for note in part_notes(loaded, "main"))


def test_all_goes_on_without_them_and_takes_them_once_they_are_there(checkout, snakemake):
    (checkout / "config/studies/ours.yaml").write_text(TEXT)
    page = "results/ours/paper.html"
    done = snakemake(checkout, "--dry-run", "-p", page)
    assert done.returncode == 0, done.stdout[-3000:]
    runs = "results/runs/cct20/resnet50_augmix/finetune_augmix/"
    assert runs not in done.stdout and "results/runs/cct20/resnet50/finetune_augmix/" in done.stdout
    assert "--absent " in done.stdout and "weights_files: resnet50_augmix" in done.stdout
    (checkout / "augmix.pth").touch()
    given = ("--config", "weights_files={resnet50_augmix: augmix.pth}", "--")
    done = snakemake(checkout, "--dry-run", "-p", *given, page)
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.count(f"output: {runs}") == 60 and "--absent " not in done.stdout
