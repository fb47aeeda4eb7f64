"""Arguments shared by the runs of a cell: the store for their image size, and a digest."""

from dataclasses import replace
from pathlib import Path

import pytest
from checkout import ROOT
from stand_in_tables import a_dataset, a_model

from transfer.study.description import shared_arguments
from transfer.study.finals import Final
from transfer.study.recipes import read_recipes

RECIPES = read_recipes(Path(ROOT) / "config/recipes")


@pytest.mark.parametrize(
    ("sides", "size", "store"),
    [
        ([368], 224, 368),
        ([368], 331, 368),
        ([368, 560], 256, 368),
        ([368, 560], 257, 560),
        ([560, 368], 64, 368),
        (["original", 368], 331, "original"),
        (["original", 368], 224, 368),
    ],
)
def test_the_store_is_the_smallest_whose_crops_reach_the_image_size(sides, size, store):
    assert a_dataset(short_side=sides).store_for(size) == store


def test_arguments_follow_the_cells_own_settings_and_nothing_else():
    dataset, model, recipe = a_dataset("own"), a_model(id="net"), RECIPES["finetune_tiny"]
    before = shared_arguments(dataset, model, recipe)
    assert before[:3] == ["--short-side=32", "--model=net", "--recipe=finetune_tiny"]
    assert shared_arguments(dataset, replace(model, year=1999), recipe) == before
    assert shared_arguments(dataset, model, replace(recipe, final=Final((1,)))) == before
    other = replace(recipe, common={**recipe.common, "epochs": 3})
    assert shared_arguments(dataset, model, other) != before


def test_a_further_seed_changes_nothing_of_the_other_final_runs():
    assert Final((0,), ("train",)).digest == Final((0, 1), ("train",)).digest
    digests = {Final((0,)).digest, Final((0,), ("train", "val")).digest}
    assert len(digests | {Final((0,), report_split="test").digest}) == 3
