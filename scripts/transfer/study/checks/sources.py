"""Check runs that start from the weights of another run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from transfer.data.dataset import Dataset
from transfer.entries import unknown
from transfer.errors import UserError
from transfer.study.chains import sources
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.sources import Source
from transfer.study.study import Part


def source_problems(
    where: str,
    part: Part,
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[str]:
    """Sources that are unknown, keep no weights, have another network or are circular."""
    for dataset in part.datasets:
        for model in part.models:
            of = f"{where}: recipe '{part.recipe}' on '{dataset}'"
            cell = Source(dataset, model, part.recipe)
            try:
                found = list(sources(cell, models, recipes))
            except UserError as error:
                yield f"{of}: {error}"
                continue
            for source in found:
                for problem in _source_problems(source, cell, models, datasets, recipes):
                    yield f"{of} starts from {source}: {problem}"
                cell = source


def _source_problems(
    source: Source,
    cell: Source,
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    recipes: Mapping[str, Recipe],
) -> Iterator[str]:
    names = [
        *unknown("dataset", [source.dataset], datasets, "config/datasets.yaml"),
        *unknown("model", [source.model], models, "config/models.tsv"),
        *unknown("recipe", [source.recipe], recipes, "config/recipes"),
    ]
    yield from names
    if names:
        return
    if not recipes[source.recipe].keeps_weights(source.dataset, source.model):
        yield f"recipe '{source.recipe}' keeps no weights: set `keep_weights: true` there"
    theirs, ours = models[source.model], models[cell.model]
    if (theirs.library, theirs.architecture) != (ours.library, ours.architecture):
        yield (
            f"'{cell.model}' is {ours.architecture} of {ours.library}, and '{source.model}' is "
            f"{theirs.architecture} of {theirs.library}"
        )


def source_parts(
    part: Part, models: Mapping[str, Model], recipes: Mapping[str, Recipe]
) -> list[Part]:
    """Sources of a part's runs, as one part per dataset and recipe; they must have no problems."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for dataset in part.datasets:
        for model in part.models:
            for source in sources(Source(dataset, model, part.recipe), models, recipes):
                groups.setdefault((source.dataset, source.recipe), {})[source.model] = None
    return [
        replace(part, datasets=(dataset,), models=tuple(names), recipe=recipe)
        for (dataset, recipe), names in groups.items()
    ]
