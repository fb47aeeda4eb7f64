"""What is wrong with a study is told when it is read, not after its runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from transfer.config import Part, read_datasets, read_models, read_study
from transfer.study_checks import study_problems
from transfer.training.recipes import read_recipes

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def problems():
    models = read_models(CONFIG / "models.tsv").to_dict("index")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    recipes = read_recipes(CONFIG / "recipes.yaml")

    def of(study, **changed):
        blocks = datasets | {name: datasets[name] | block for name, block in changed.items()}
        return study_problems(study, models, blocks, recipes)

    return of


def study(datasets=("aptos", "eurosat"), models=("resnet50",), recipe="finetune", **changed):
    main = Part(tuple(datasets), tuple(models), recipe)
    return replace(
        read_study(CONFIG / "studies" / "fang2023.yaml"), parts={"main": main}, **changed
    )


def test_the_studies_that_are_shipped_have_no_problem(problems):
    for path in sorted((CONFIG / "studies").glob("*.yaml")):
        assert problems(read_study(path)) == []


def test_names_that_no_table_has_come_with_the_nearest(problems):
    wrong = study(["apots"], ["resnet51"], "finetine")
    assert problems(wrong) == [
        "parts.main.datasets: 'apots' is not in config/datasets.yaml; did you mean 'aptos'?",
        "parts.main.models: 'resnet51' is not in config/models.tsv; did you mean 'resnet50'?",
        "parts.main.recipe: 'finetine' is not in config/recipes.yaml; did you mean 'finetune'?",
    ]


def test_evaluation_images_of_the_size_that_the_recipe_shows_must_be_prepared(problems):
    (problem,) = problems(study(), aptos={"evaluation_sizes": [224]})
    assert "add 256 to evaluation_sizes of 'aptos'" in problem


def test_an_honest_recipe_needs_a_part_held_out(problems):
    honest = study(recipe="finetune_holdout", selection="honest")
    first, second = problems(honest)
    assert "'aptos' has only with `holdout: {fraction: 0.2, seed: 0}`" in first
    assert "'eurosat'" in second
    held = {"method": "per_class", "holdout": {"fraction": 0.2, "seed": 0}}
    assert problems(honest, aptos={"split": held}, eurosat={"split": held}) == []


def test_a_published_accuracy_must_be_there(problems):
    (problem,) = problems(study(models=["lcnet_050"], tables=("table02",)))
    assert "the paper prints none for lcnet_050" in problem
    assert problems(study(models=["lcnet_050"], imagenet_top1="library")) == []


def test_outputs_that_nothing_makes_are_refused(problems):
    (problem,) = problems(study(tables=("table02", "table04")))
    assert problem.startswith("tables: no table04 of runs; there are table01, table02, table03")
    (problem,) = problems(study(figures=("figure4",)))
    assert problem.startswith("figures: no figure4 of runs")
    (problem,) = problems(study(["aptos"], tables=("table12",)))
    assert "table12 compares each dataset with the others" in problem


def test_a_study_starts_from_the_weights_that_its_recipe_does(problems):
    (problem,) = problems(study(weights="random"))
    assert "the study says random" in problem and "pretrained weights" in problem
