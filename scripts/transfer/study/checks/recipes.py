"""Check that recipes match a study's datasets and models."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from transfer.data.dataset import Dataset
from transfer.data.expected_splits import expected_splits
from transfer.study.checks.finals import final_problems
from transfer.study.checks.libraries import Network
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.settings import Settings
from transfer.study.study import Part, Study


def start_problems(where: str, study: Study, recipe: Recipe) -> Iterator[str]:
    """Check that the recipe starts from the kind of weights that the study states."""
    starts = "random" if recipe.common.get("weights", "random") == "random" else "pretrained"
    if starts != study.weights:
        yield (
            f"weights: the study says {study.weights}, as one without this key does, but recipe "
            f"'{recipe.name}' of {where} starts from {starts} weights; change one of them"
        )


def recipe_problems(
    where: str,
    selection: str,
    part: Part,
    models: Mapping[str, Model],
    datasets: Mapping[str, Dataset],
    recipe: Recipe,
) -> Iterator[str]:
    """Check that the datasets have the splits by which the recipe selects and reports.

    `selection` is the study's.
    """
    of = f"{where}: recipe '{recipe.name}'"
    for dataset in part.datasets:
        sizes = set()
        for model in part.models:
            settings = recipe.settings(dataset, models[model])
            size = settings.image_size
            if size not in datasets[dataset].evaluation_sizes and size not in sizes:
                sizes.add(size)
                yield (
                    f"{of} shows '{model}' images of {size} px: add {size} to evaluation_sizes of "
                    f"'{dataset}' in config/datasets.yaml"
                )
            by = "by_recipe" if recipe.final else selection
            for problem in split_problems(datasets[dataset], settings, by):
                yield f"{of} {problem}"
            if recipe.final:
                final = recipe.final
                for problem in final_problems(datasets[dataset], settings, final, selection):
                    yield f"{of}: {problem}"


def split_problems(dataset: Dataset, settings: Settings, selection: str) -> Iterator[str]:
    """Splits that a recipe selects by and reports, and a dataset does not have or must not mix."""
    selects, reports = settings.selection_split, settings.report_split
    if selection == "honest" and selects == reports:
        yield (
            f"selects by and reports the split '{reports}' of '{dataset.id}', so no selection is "
            "honest: use a recipe that reports another split, such as finetune_holdout, or set "
            "selection: as_published"
        )
    splits = expected_splits(dataset)
    if splits is None:
        return
    uses = {selects: "selects by", reports: "reports"}
    if selects == reports:
        uses = {reports: "selects by and reports"}
    for split, use in uses.items():
        if split not in splits:
            yield (
                f"{use} the split '{split}', which '{dataset.id}' does not have "
                f"({', '.join(splits) or 'none'}): {_remedy(dataset, splits, uses)}"
            )


def _remedy(dataset: Dataset, splits: tuple[str, ...], wanted: Mapping[str, str]) -> str:
    held = expected_splits(replace(dataset, split={**dataset.split, "holdout": {"fraction": 0.2}}))
    if len(wanted) > 1 and set(wanted) <= set(held or ()):
        holdout = "`holdout: {fraction: 0.2, seed: 0}`"
        return f"add {holdout} to its split in config/datasets.yaml"
    evaluated = [split for split in splits if split != "train"]
    if not evaluated:
        return "choose a split method in config/datasets.yaml that draws one"
    given = f"`{dataset.id}: {{selection_split: {evaluated[0]}, report_split: {evaluated[-1]}}}`"
    return f"set {given} under datasets of the recipe, or draw other splits"


def size_problems(
    where: str,
    part: Part,
    models: Mapping[str, Model],
    recipe: Recipe,
    networks: Mapping[str, Network],
) -> Iterator[str]:
    """Models that the recipe shows images of a size which their networks do not take."""
    for model in part.models:
        network = networks.get(model)
        if network is None or network.only_size is None:
            continue
        for dataset in part.datasets:
            size = recipe.settings(dataset, models[model]).image_size
            if size != network.only_size:
                yield (
                    f"{where}: recipe '{recipe.name}' shows '{model}' images of {size} px, but its "
                    f"network takes {network.only_size} px only: set "
                    f"`{model}: {{image_size: {network.only_size}}}` under models of the recipe"
                )
