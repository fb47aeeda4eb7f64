"""Final runs of a recipe: settings, cells, and rejected combinations."""

import shutil
from pathlib import Path

import pytest
from checkout import ROOT
from stand_in_tables import a_dataset, a_model
from training_settings import settings_with

from transfer.errors import UserError
from transfer.study.checks.finals import final_problems
from transfer.study.expected import expected_runs
from transfer.study.finals import Final
from transfer.study.recipe import Recipe
from transfer.study.recipes import read_recipes
from transfer.study.study import Part, Study

MODEL = a_model(id="net")
BLOCK = {
    "layout": {"kind": "digits"},
    "split": {"method": "per_class", "seed": 0, "fraction": 0.2, "holdout": {"fraction": 0.2}},
}


def read(folder: Path, text: str) -> dict[str, Recipe]:
    recipes = folder / "recipes"
    shutil.copytree(ROOT / "config/recipes", recipes)
    (recipes / "ours.yaml").write_text(text)
    return read_recipes(recipes)


def recipe(folder: Path, final: str) -> dict[str, Recipe]:
    return read(folder, f"ours:\n  like: scratch_tiny\n  final: {final}\n")


def test_a_run_trained_on_the_split_that_chooses_reports_its_last_epoch():
    before = settings_with(selection_split="val", report_split="val", seed=5)
    after = Final((3, 4), ("train", "val"), "test").settings(before, 3)
    assert (after.seed, after.train_splits) == (3, ("train", "val"))
    assert (after.selection_split, after.report_split) == ("none", "test")


def test_a_run_trained_on_train_alone_keeps_the_recipes_protocol():
    before = settings_with(selection_split="val", report_split="test", seed=5)
    assert Final((5,)).settings(before, 5) == before
    assert "train_splits" not in before.content()


def test_final_runs_belong_to_the_runs_of_a_study(tmp_path):
    recipes = recipe(tmp_path, "{seeds: [0, 7]}")
    part = Part(("digits_rare",), ("net",), "ours")
    study = Study("s", "", "runs", {"main": part}, "", 70, {}, (), ())
    runs = expected_runs(study, recipes, {"net": MODEL})
    points = list(recipes["ours"].hyperparameters)
    assert [run.hp for run in runs] == [*points, "final-0", "final-7"]


def test_a_recipe_like_another_may_do_without_its_final_runs(tmp_path):
    text = "a: {like: scratch_tiny, final: {seeds: [1]}}\nb: {like: a, final: null}\n"
    recipes = read(tmp_path, f"{text}c: {{like: a}}\n")
    assert [recipes[name].finals for name in "abc"] == [("final-1",), (), ("final-1",)]
    # What the runs of the grid are made with is the same with and without.
    settings = [recipes[name].settings("digits_rare", MODEL) for name in "ab"]
    assert settings[0] == settings[1]


@pytest.mark.parametrize(
    ("final", "message"),
    [
        ("{seeds: []}", "ours.final.seeds"),
        ("{seeds: [1, 1]}", "ours.final.seeds"),
        ("{train_on: [train]}", "missing 'seeds'"),
        ("{seeds: [1], train_on: [train, test]}", "ours.final.train_on"),
        ("{seeds: [1], train_on: [train, val], report_split: val}", "is trained on and reported"),
    ],
)
def test_faults_are_named_when_recipes_are_read(tmp_path, final, message):
    with pytest.raises(UserError, match=message):
        recipe(tmp_path, final)["ours"]


@pytest.mark.parametrize(
    ("final", "changed", "message"),
    [
        (Final((0,), ("train", "val")), {"report_split": "val"}, "trains on the split 'val'"),
        (Final((0,), ("train",), "val"), {}, "by which hyperparameters are chosen"),
        (Final((0,), ("train", "val"), "test"), {"multilabel": True}, "search thresholds on"),
        (
            Final((0,), ("train",), "test"),
            {"split": {"method": "per_class", "seed": 0, "fraction": 0.2}},
            "names the split 'test', which 'digits' does not have",
        ),
        (Final((0,), ("train", "val"), "test"), {}, None),
    ],
)
def test_what_a_dataset_cannot_give_is_named_when_a_study_is_read(final, changed, message):
    settings = settings_with(
        selection_split="val", report_split=changed.get("report_split", "test")
    )
    block = {key: value for key, value in changed.items() if key != "report_split"}
    found = list(final_problems(a_dataset("digits", BLOCK | block), settings, final, "honest"))
    assert (found == []) if message is None else any(message in problem for problem in found)
