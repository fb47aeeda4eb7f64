"""Chains of runs that start from the weights of other runs.

Does not import torch.
"""

from collections.abc import Iterator, Mapping

from transfer.entries import Entries, absent
from transfer.errors import UserError
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.sources import PREFIX, Source, source_of


def sources(
    cell: Source,
    models: Mapping[str, Model],
    recipes: Mapping[str, Recipe],
) -> Iterator[Source]:
    """The source of a cell, its source, and so on.

    The last one may be unknown. Raises UserError for a circular chain.
    """
    seen = [cell]
    while cell.recipe in recipes and cell.model in models:
        model = models[cell.model]
        source = source_of(recipes[cell.recipe].settings(cell.dataset, model), model)
        if source is None:
            return
        if source in seen:
            circle = " from ".join(str(one).removeprefix(PREFIX) for one in (*seen, source))
            raise UserError(f"circular weights: {circle}")
        yield source
        seen.append(source)
        cell = source


def recipe_sources_problems(recipes: Entries[Recipe]) -> dict[str, str]:
    """The problems of recipes that start from weights that no recipe leaves, or from their own.

    A recipe has the problems of all those whose weights it starts from.
    """
    every = recipes.values()
    written = [recipe.values(d, m) for recipe in every for d, m in _named(recipe)]
    starts = [values.get("weights") for values in written]
    named = {source["dataset"] for source in starts if isinstance(source, Mapping)}
    datasets = dict.fromkeys(
        ["", *sorted(named), *(d for recipe in every for d in recipe.datasets)]
    )
    models = dict.fromkeys(["", *(m for recipe in every for m in recipe.models)])
    found: dict[str, str] = {}
    for recipe in every:
        problems = (
            problem
            for dataset in datasets
            for model in models
            for problem in _chain_problems(recipe, dataset, model, recipes)
        )
        if lines := "\n".join(dict.fromkeys(problems)):
            found[recipe.name] = lines
    return found


def _named(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """Every pair of a dataset and a model that a recipe names; an empty pair for others."""
    for dataset in ("", *recipe.datasets):
        for model in ("", *recipe.models):
            yield dataset, model


def _chain_problems(
    recipe: Recipe, dataset: str, model: str, recipes: Entries[Recipe]
) -> Iterator[str]:
    seen = [(recipe.name, dataset)]
    while isinstance(source := recipe.values(dataset, model).get("weights"), Mapping):
        where, name = f"{recipe.files[0]}: {recipe.name}.weights", source["recipe"]
        if name not in recipes:
            yield from absent(f"{where}.recipe", name, recipes)
            return
        recipe, dataset = recipes[name], source["dataset"]
        if not recipe.keeps_weights(dataset, model):
            yield (
                f"{where}: recipe '{name}' leaves no weights on '{dataset}': let it pre-train "
                "(`method: pretrain`), or set `keep_weights: true` there"
            )
        if (name, dataset) in seen:
            loop = seen[seen.index((name, dataset)) :]
            # The message is the same whichever cell was checked first.
            first = loop.index(min(loop))
            steps = [*loop[first:], *loop[: first + 1]]
            circle = " from ".join(f"{r} on {d}" for r, d in steps)
            where = f"{recipes[steps[0][0]].files[0]}: {steps[0][0]}.weights"
            yield f"{where} are circular: {circle}"
            return
        seen.append((name, dataset))
