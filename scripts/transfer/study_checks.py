"""What would stop a study late, after weeks of training: found when it is read."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from transfer.training.recipes import Recipe

if TYPE_CHECKING:
    from transfer.config import Part, Study

Rows = Mapping[str, Mapping[str, Any]]
SCRIPTS = Path(__file__).parents[1]
# What only the paper's own numbers can fill.
PUBLISHED_ALONE = ("figure4",)
# What compares a dataset with the others.
OF_SEVERAL_DATASETS = ("table12", "table13")
# Methods of config/datasets.yaml whose evaluation images are all val, unless some are held out.
WITHOUT_TEST = ("per_class", "folds")


def study_problems(
    study: "Study", models: Rows, datasets: Rows, recipes: Mapping[str, Recipe]
) -> list[str]:
    """All that is wrong with a study, one line each, in the order of its file.

    `models` are the rows of the model table by model, `datasets` the blocks of
    config/datasets.yaml. A study of published values names recipes for its parts alone, which
    need not exist.
    """
    problems = []
    for name, part in study.parts.items():
        names = [
            *unknown(f"parts.{name}.datasets", part.datasets, datasets, "config/datasets.yaml"),
            *unknown(f"parts.{name}.models", part.models, models, "config/models.tsv"),
        ]
        if study.source == "runs":
            recipe = (part.recipe,)
            names += unknown(f"parts.{name}.recipe", recipe, recipes, "config/recipes.yaml")
        problems += names
        if not names and study.source == "runs":
            where = f"parts.{name}"
            problems += recipe_problems(where, study, part, models, datasets, recipes[part.recipe])
    if not problems:
        problems += output_problems(study, models)
    return problems


def unknown(key: str, wanted: Iterable[str], known: Iterable[str], table: str) -> Iterator[str]:
    """A line for each name that its table does not have, with the nearest one that it has."""
    known = list(known)
    for entry in wanted:
        if entry not in known:
            near = difflib.get_close_matches(entry, known, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            yield f"{key}: '{entry}' is not in {table}{meant}"


def recipe_problems(
    where: str, study: "Study", part: "Part", models: Rows, datasets: Rows, recipe: Recipe
) -> Iterator[str]:
    """Whether the recipe starts, looks and is judged as the study and its datasets can give."""
    starts = {"pinned": "pretrained"}.get(recipe.common["weights"], "random")
    if starts != study.weights:
        yield (
            f"weights: the study says {study.weights}, as one without this key does, but recipe "
            f"'{recipe.name}' of {where} starts from {starts} weights; change one of them"
        )
    told: set[tuple[str, object]] = set()
    for dataset in part.datasets:
        block = datasets[dataset]
        for model in part.models:
            settings = recipe.settings(dataset, models[model])
            size = settings.image_size
            if size not in block["evaluation_sizes"] and (dataset, size) not in told:
                told.add((dataset, size))
                yield (
                    f"{where}: recipe '{recipe.name}' shows '{model}' images of {size} px: add "
                    f"{size} to evaluation_sizes of '{dataset}' in config/datasets.yaml"
                )
            wanted = {settings.selection_split, settings.report_split}
            held_out, method = block["split"].get("holdout"), block["split"]["method"]
            if "test" in wanted and method in WITHOUT_TEST and not held_out:
                if (dataset, "test") in told:
                    continue
                told.add((dataset, "test"))
                yield (
                    f"{where}: recipe '{recipe.name}' reports the split 'test', which '{dataset}' "
                    "has only with `holdout: {fraction: 0.2, seed: 0}` under its split in "
                    "config/datasets.yaml"
                )


def output_problems(study: "Study", models: Rows) -> Iterator[str]:
    """Tables and figures that no script makes, or that this study has no numbers for."""
    if study.source == "runs":
        for kind, wanted in (("table", study.tables), ("figure", study.figures)):
            made = sorted(path.stem for path in SCRIPTS.glob(f"{kind}[0-9]*.py"))
            made = [name for name in made if name not in PUBLISHED_ALONE]
            for name in wanted:
                if name not in made:
                    yield f"{kind}s: no {name} of runs; there are {', '.join(made)}"
        if len(study.parts["main"].datasets) < 2:
            for name in sorted(set(study.tables) & set(OF_SEVERAL_DATASETS)):
                yield f"tables: {name} compares each dataset with the others, and there is one"
    if study.imagenet_top1 == "published":
        part = study.parts["main"]
        without = [m for m in part.models if pd.isna(models[m]["imagenet_top1_published"])]
        if without:
            yield (
                f"imagenet_top1: the paper prints none for {', '.join(without)}; say "
                "imagenet_top1: library"
            )
