"""Cells of a study that wait for files which a person must place. Imports no torch."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from transfer.data.dataset import Dataset
from transfer.data.source.by_hand import to_place
from transfer.study.expected import Run, expected_runs
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.sources import fetched
from transfer.study.study import Part, Study

# A dataset, a model and a recipe.
Key = tuple[str, str, str]


def absent_cells(
    study: Study,
    recipes: Mapping[str, Recipe],
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    weights_files: Mapping[str, str],
    downloads: Path,
    prepared: Path,
) -> dict[Key, str]:
    """The cells of a study's optional parts that lack files, and what to place where.

    `weights_files` are the local weights of the configuration by model, `downloads` and `prepared`
    the folders of files and of prepared datasets. A cell that another part has as well, and
    needs, is not among them.
    """
    found: dict[Key, str] = {}
    needed: set[Key] = set()
    for part in study.parts.values():
        if not part.optional:
            needed |= {(d, m, part.recipe) for d in part.datasets for m in part.models}
            continue
        images = {
            name: to_place(
                datasets[datasets[name].images_of],
                downloads / datasets[name].images_of,
                [prepared / name / "index.csv"],
            )
            for name in part.datasets
        }
        for key, lacking in _lacking(part, recipes[part.recipe], models, images):
            files, weights = lacking
            why = [f"place {', '.join(files)} in {downloads / key[0]}"] if files else []
            if weights and not weights_files.get(key[1]):
                why.append(
                    "no library publishes the weights: name a local file under weights_files: "
                    f"{key[1]} in config/config.yaml"
                )
            if why:
                found[key] = "; ".join(why)
    return {key: why for key, why in found.items() if key not in needed}


def present_runs(
    study: Study,
    recipes: Mapping[str, Recipe],
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    weights_files: Mapping[str, str],
    downloads: Path,
    prepared: Path,
) -> tuple[Run, ...]:
    """The runs of `expected_runs` but for those of `absent_cells`."""
    absent = absent_cells(study, recipes, models, datasets, weights_files, downloads, prepared)
    return tuple(
        run
        for run in expected_runs(study, recipes, models)
        if (run.dataset, run.model, run.recipe) not in absent
    )


def _lacking(
    part: Part,
    recipe: Recipe,
    models: Mapping[str, Model],
    images: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[Key, tuple[tuple[str, ...], bool]]]:
    """By cell of a part, the files of its dataset to place, and whether its weights are a file."""
    for dataset in part.datasets:
        for model in part.models:
            row = models[model]
            by_hand = row.weights == "file" and fetched(recipe.settings(dataset, row), row)
            yield (dataset, model, recipe.name), (images[dataset], by_hand)
