"""Recipes as the files of config/recipes have them, read and checked together.

Imports no torch: the workflow reads recipes to plan its runs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from transfer.entries import Entries
from transfer.errors import UserError
from transfer.study.augmentation import RandAugment, read_augmentation
from transfer.study.chains import recipe_sources_problems
from transfer.study.finals import Final
from transfer.study.inheritance import Written, follow, over, read_files
from transfer.study.methods import METHODS, Method
from transfer.study.recipe import Block, Recipe
from transfer.validation import check, load_schema, suggest


def hp_pattern(recipes: Iterable[Recipe]) -> str:
    """A regular expression of the ids of all their points, and nothing else."""
    ids = dict.fromkeys(hp for recipe in recipes for hp in recipe.hyperparameters)
    return "|".join(map(re.escape, ids))


def _final(written: Mapping[str, Any] | None, where: str) -> Final | None:
    """How final runs are made; raises UserError if they would be trained on what they report."""
    if written is None:
        return None
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in written.items()}
    final = Final(**plain)
    if final.report_split in final.train_on:
        raise UserError(f"{where}: the split '{final.report_split}' is trained on and reported")
    return final


def _check_length(values: Mapping[str, Any], method: Method, where: str) -> None:
    """Raise UserError unless settings say either epochs or steps, and what goes with them."""
    if "epochs" not in method.stated:
        return
    if "probe_epochs" in values and values["probe_epochs"] >= values.get("epochs", 0):
        raise UserError(f"{where}.probe_epochs: say more epochs in all, of which these are a part")
    if ("epochs" in values) == ("steps" in values):
        raise UserError(f"{where}: say either epochs or steps")
    for key in ("evaluate_every", "warmup_steps"):
        if key in values and "epochs" in values:
            raise UserError(f"{where}.{key}: counts steps, and the recipe counts epochs")
    if values.get("evaluate_every", 0) > values.get("steps", 0):
        raise UserError(f"{where}.evaluate_every: more than the {values['steps']} steps in all")
    if "steps" in values and values.get("warmup_steps", 0) >= values["steps"]:
        raise UserError(f"{where}.warmup_steps: as many as the {values['steps']} steps in all")


def _blocks(grid: Block | Sequence[Block], method: Method, where: str) -> Iterator[Block]:
    """The blocks of a grid; raises UserError for a value that is none of its axis."""
    rules = load_schema("recipes")["$defs"]["settings"]
    for block in [grid] if isinstance(grid, Mapping) else grid:
        for axis, values in block.items():
            if axis not in method.axes:
                known = suggest(axis, list(method.axes))
                raise UserError(f"{where}: the method has no axis '{axis}' ({known})")
            for value in values:
                check(value, rules[axis], f"{where}.{axis}")
        yield block


def _check_axes(recipe: Recipe, where: str) -> None:
    """Raise UserError unless each axis is stated once: in every block of the grid, or beside it."""
    overrides = [*recipe.datasets.values(), *recipe.models.values()]
    for block in recipe.grid:
        for axis in METHODS[recipe.method].axes:
            if axis not in block and axis not in recipe.common:
                raise UserError(f"{where}: missing {axis}, in its grid or as a setting")
            if axis in block and any(axis in values for values in (recipe.common, *overrides)):
                raise UserError(f"{where}: {axis} is an axis of its grid and a setting: leave one")
    schedules = {
        point.values.get("schedule", recipe.common.get("schedule")) for point in recipe.points
    }
    if "step" in schedules and "step_milestones" not in recipe.common:
        raise UserError(f"{where}: missing step_milestones, which schedule step needs")
    if len(recipe.hyperparameters) < len(recipe.points):
        raise UserError(f"{where}.grid: duplicate point")


def _check_augmentation(written: Mapping[str, Any] | None, where: str) -> None:
    """Raise UserError if RandAugment has no bin of its magnitude."""
    policy = read_augmentation(written) if written else None
    if isinstance(policy, RandAugment) and policy.magnitude >= policy.num_magnitude_bins:
        raise UserError(
            f"{where}.magnitude: {policy.magnitude} is not among the {policy.num_magnitude_bins} "
            "bins, which are counted from 0"
        )


def read_recipes(path: str | Path) -> Entries[Recipe]:
    """Read all recipes of a folder of files, or of one file, by name, leaving out invalid ones.

    A recipe is invalid with a duplicate name, an unknown method, a key unknown to the schema or
    the method, a missing setting, an unknown or invalid `like`, a grid with a duplicate point, or
    weights that no valid recipe leaves. Raises UserError for a file that is not YAML.
    """
    written = read_files(Path(path))
    broken = dict(written.broken)
    recipes = {}
    for name in written:
        try:
            recipes[name] = _recipe(name, written)
        except UserError as error:
            broken[name] = str(error)
    known = Entries("recipe", path, recipes, broken)
    lost = recipe_sources_problems(known)
    valid = {name: recipe for name, recipe in recipes.items() if name not in lost}
    return Entries("recipe", path, valid, broken | lost)


def _recipe(name: str, written: Entries[Written]) -> Recipe:
    """A recipe with everything inherited; raises UserError if it is invalid."""
    where = f"{written[name].file}: {name}"
    values, files = follow(name, written)
    values.pop("description", None)
    datasets, models = values.pop("datasets"), values.pop("models")
    method_name, grid = values.pop("method"), values.pop("grid", None)
    final = _final(values.pop("final", None), f"{where}.final")
    method = METHODS[method_name]
    blocks = tuple(_blocks(grid or (), method, f"{where}.grid"))
    missing = sorted(method.required - values.keys() - method.axes.keys())
    if missing or not blocks:
        raise UserError(f"{where}: missing {', '.join(missing or ['grid'])}")
    _check_length(values, method, where)
    _check_augmentation(values.get("augmentation"), f"{where}.augmentation")
    for part, overrides in (("datasets", datasets), ("models", models)):
        for key, block in overrides.items():
            _check_length(over(values, block), method, f"{where}.{part}.{key}")
    recipe = Recipe(name, files, method_name, values, datasets, models, blocks, final)
    _check_axes(recipe, where)
    return recipe
