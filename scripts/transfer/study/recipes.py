"""Recipes as the files of config/recipes have them, read and checked together.

Imports no torch: the workflow reads recipes to plan its runs.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.errors import UserError
from transfer.study.chains import recipe_sources_problems
from transfer.study.finals import Final
from transfer.study.methods import METHODS, Method
from transfer.study.recipe import Block, Recipe
from transfer.validation import check, load_schema, read_yaml, suggest

# Keys of a recipe that are no settings.
NO_SETTINGS = ("method", "description", "like", "datasets", "models", "grid", "final")


@dataclass(frozen=True)
class _Written:
    """A recipe as its file has it, inheritance not yet followed."""

    file: Path
    values: Mapping[str, Any]


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


def _read_files(path: Path) -> dict[str, _Written]:
    """Every recipe of a folder's files, or of one file; hidden files are none of them."""
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.glob("*.yaml") if not file.name.startswith("."))
        if not files:
            raise UserError(f"{path}: holds no file of recipes (*.yaml)")
    written: dict[str, _Written] = {}
    for file in files:
        for name, values in read_yaml(file, "recipes").items():
            if name in written:
                raise UserError(
                    f"{file}: {name}: {written[name].file} has a recipe of this name: rename one"
                )
            written[name] = _Written(file, values)
    return written


def _follow(
    name: str, written: Mapping[str, _Written], seen: tuple[str, ...] = ()
) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """A recipe with everything it takes over from the one it is `like`, and the files of both."""
    file = written[name].file
    if name in seen:
        raise UserError(f"{file}: 'like' goes in a circle: {' -> '.join((*seen, name))}")
    own = dict(written[name].values)
    base_name = own.pop("like", None)
    if base_name is None:
        return _checked(own, own, f"{file}: {name}"), (file,)
    if base_name not in written:
        raise UserError(f"{file}: {name}.like: no recipe '{base_name}'")
    base, files = _follow(base_name, written, (*seen, name))
    # A setting that its own grid varies is none that it takes over.
    grid = own.get("grid", {})
    varied = {axis for block in ([grid] if isinstance(grid, dict) else grid) for axis in block}
    whole = {key: value for key, value in base.items() if key not in varied} | own
    for part in ("datasets", "models"):
        if part in own:
            theirs = base.get(part, {})
            whole[part] = theirs | {k: theirs.get(k, {}) | v for k, v in own[part].items()}
    return _checked(whole, own, f"{file}: {name}"), tuple(dict.fromkeys((file, *files)))


def _checked(whole: Mapping[str, Any], own: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A recipe without what it took over from one of another method and its own has no use for.

    Raises UserError if it has no method, or states itself what its method does not know.
    """
    if "method" not in whole:
        raise UserError(f"{where}: missing method ({', '.join(METHODS)})")
    name = whole["method"]
    if name not in METHODS:
        raise UserError(f"{where}.method: no method '{name}' ({suggest(name, list(METHODS))})")
    stated = METHODS[name].stated

    def used(values: Mapping[str, Any], written: Mapping[str, Any], at: str) -> dict[str, Any]:
        for key in written:
            if key not in stated and key not in NO_SETTINGS:
                raise UserError(f"{at}.{key}: method '{name}' has no such setting")
        return {key: v for key, v in values.items() if key in stated or key in NO_SETTINGS}

    kept = used(whole, own, where)
    for part in ("datasets", "models"):
        written = own.get(part, {})
        kept[part] = {
            key: used(values, written.get(key, {}), f"{where}.{part}.{key}")
            for key, values in whole.get(part, {}).items()
        }
    return kept


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
    if len(recipe.hyperparameters) < len(recipe.points):
        raise UserError(f"{where}.grid: a point stands twice")


def read_recipes(path: str | Path) -> dict[str, Recipe]:
    """Every recipe of a folder of files, or of one file, by name.

    Raises UserError for a name that two files have, an unknown method, a key that the schema or the
    method does not know, a missing setting, an unknown `like`, or a grid in which one point stands
    twice.
    """
    written = _read_files(Path(path))
    recipes = {}
    for name, own in written.items():
        where = f"{own.file}: {name}"
        values, files = _follow(name, written)
        values.pop("description", None)
        datasets, models = values.pop("datasets"), values.pop("models")
        method_name, grid = values.pop("method"), values.pop("grid", None)
        final = _final(values.pop("final", None), f"{where}.final")
        method = METHODS[method_name]
        blocks = tuple(_blocks(grid or (), method, f"{where}.grid"))
        missing = sorted(method.required - values.keys() - method.axes.keys())
        if missing or not blocks:
            raise UserError(f"{where}: missing {', '.join(missing or ['grid'])}")
        recipe = Recipe(name, files, method_name, values, datasets, models, blocks, final)
        _check_axes(recipe, where)
        recipes[name] = recipe
    problems = list(recipe_sources_problems(recipes))
    if problems:
        raise UserError("\n".join(problems))
    return recipes
