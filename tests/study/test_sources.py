"""Recipes that start from the weights of another run: parsed, resolved, followed, rejected."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from checkout import ROOT
from stand_in_tables import a_model

from transfer.study.chains import sources
from transfer.study.checks.sources import source_parts, source_problems
from transfer.study.grid import Cell, source_cells
from transfer.study.model import Model
from transfer.study.recipe import settings_digest
from transfer.study.recipes import read_recipes
from transfer.study.sources import Source, fetched, parse_source, source_of
from transfer.study.study import Part

CHAIN = """
first:
  like: scratch_tiny
  keep_weights: true
second:
  like: scratch_tiny
  keep_weights: true
  weights: {recipe: first, dataset: source}
  datasets:
    odd: {weights: {recipe: first, dataset: odd_source}}
third:
  like: scratch_tiny
  weights: {recipe: second, dataset: middle}
pinned:
  like: scratch_tiny
  weights: pinned
"""


def row(name: str, weights: str = "a.b", architecture: str = "a") -> Model:
    return a_model(id=name, library="timm", architecture=architecture, weights=weights)


MODELS = {
    "net": row("net"),
    "ours": row("ours", "run:source/net/first"),
    "other": row("other", "run:source/net/first", "b"),
    "lost": row("lost", "run:source/nets/first"),
    "loop": row("loop", "run:source/loop/pinned"),
}
DATASETS: dict = {name: {} for name in ("target", "source", "odd", "odd_source", "middle")}


def write(folder: Path, text: str) -> Path:
    recipes = folder / "recipes"
    shutil.copytree(ROOT / "config/recipes", recipes)
    (recipes / "ours.yaml").write_text(text)
    return recipes


@pytest.fixture
def recipes(tmp_path):
    return read_recipes(write(tmp_path, CHAIN))


def test_a_source_is_of_the_same_model_and_may_depend_on_the_dataset(recipes):
    assert recipes["second"].settings("any", MODELS["net"]).weights == "run:source/net/first"
    assert recipes["second"].settings("odd", MODELS["net"]).weights == "run:odd_source/net/first"


def test_a_row_of_the_model_table_names_its_source_for_pinned_weights(recipes):
    pinned = recipes["pinned"].settings("target", MODELS["ours"])
    assert source_of(pinned, MODELS["ours"]) == Source("source", "net", "first")
    assert not fetched(pinned, MODELS["ours"]) and fetched(pinned, MODELS["net"])
    assert source_of(recipes["first"].settings("target", MODELS["ours"]), MODELS["ours"]) is None


def test_a_chain_is_followed_to_its_end(recipes):
    found = list(sources(Source("target", "net", "third"), MODELS, recipes))
    assert found == [Source("middle", "net", "second"), Source("source", "net", "first")]
    cells = [Cell("target", "net", "third", ()), Cell("middle", "net", "second", ())]
    hps = tuple(recipes["first"].hyperparameters)
    assert source_cells(cells, recipes, MODELS) == [
        Cell("middle", "net", "second", hps),
        Cell("source", "net", "first", hps),
    ]
    part = Part(("target", "odd"), ("net",), "second")
    assert source_parts(part, MODELS, recipes) == [
        Part(("source",), ("net",), "first"),
        Part(("odd_source",), ("net",), "first"),
    ]


def test_the_digest_follows_the_source_and_not_the_weights_that_are_not_read(recipes):
    digest = settings_digest(recipes["second"].settings("any", MODELS["net"]), MODELS["net"])
    again = replace(MODELS["net"], weights="a.c")
    assert digest == settings_digest(recipes["second"].settings("any", again), again)
    odd = recipes["second"].settings("odd", MODELS["net"])
    assert digest != settings_digest(odd, MODELS["net"])


def test_other_weights_name_no_source():
    assert [parse_source(text) for text in ("pinned", "random", "a.b", "file")] == [None] * 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CHAIN.replace("recipe: second", "recipe: secnd"), "no recipe 'secnd'; did you mean"),
        (
            CHAIN.replace("  keep_weights: true\nsecond", "second"),
            "recipe 'first' leaves no weights on 'source': let it pre-train",
        ),
        (
            "a: {like: scratch_tiny, keep_weights: true, weights: {recipe: b, dataset: d}}\n"
            "b: {like: scratch_tiny, keep_weights: true, weights: {recipe: a, dataset: d}}\n",
            "a.weights are circular: a on d from b on d from a on d",
        ),
        ("a: {like: scratch_tiny, weights: {recipe: finetune}}\n", "a.weights: .*dataset"),
    ],
)
def test_what_no_recipe_leaves_is_refused_when_recipes_are_read(tmp_path, text, message):
    assert re.search(message, "\n".join(read_recipes(write(tmp_path, text)).broken.values()))


def test_a_recipe_may_go_on_from_itself_on_another_dataset(tmp_path):
    text = (
        "a:\n  like: scratch_tiny\n  keep_weights: true\n"
        "  datasets: {b: {weights: {recipe: a, dataset: c}}}\n"
    )
    assert "a" in read_recipes(write(tmp_path, text))


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(("target",), ("other",), "pinned"), "'other' is b of timm, and 'net' is a of timm"),
        (Part(("target",), ("lost",), "pinned"), "'nets' is not in config/models.tsv; did you"),
        (Part(("target",), ("loop",), "pinned"), "circular weights: "),
    ],
)
def test_a_source_that_cannot_be_is_refused_when_a_study_is_read(recipes, part, message):
    (problem,) = source_problems("parts.main", part, MODELS, DATASETS, recipes)
    assert message in problem and "parts.main: recipe 'pinned' on 'target'" in problem


def test_a_source_dataset_must_be_in_the_table(recipes):
    part = Part(("target",), ("net",), "second")
    (problem,) = source_problems("parts.main", part, MODELS, {"target": {}}, recipes)
    assert "starts from run:source/net/first: dataset: 'source' is not in" in problem
    assert not list(source_problems("parts.main", part, MODELS, DATASETS, recipes))
