"""Recipes: how a model is adapted, with what differs by dataset and by model.

Imports no torch: the workflow reads recipes to plan its runs.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer.errors import UserError
from transfer.study.hyperparameters import GridBlock, Hyperparameters, expand_grid
from transfer.study.model import Model
from transfer.study.settings import Settings
from transfer.validation import read_yaml


@dataclass(frozen=True)
class Recipe:
    """A recipe of `config/recipes`, inheritance already followed.

    `files` are those in which it and the recipes that it is `like` are written.
    """

    name: str
    files: tuple[Path, ...]
    common: Mapping[str, Any]
    datasets: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]]
    grid: tuple[GridBlock, ...]

    def settings(self, dataset: str, model: Model) -> Settings:
        """The settings for one dataset and one model.

        What the recipe says of the model wins over what it says of the dataset.
        """
        values: dict[str, Any] = {
            **self.common,
            **self.datasets.get(dataset, {}),
            **self.models.get(model.id, {}),
        }
        if values["image_size"] == "model":
            values["image_size"] = model.input_size
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return Settings(**plain)

    @cached_property
    def hyperparameters(self) -> dict[str, Hyperparameters]:
        """The grid's points by id, in the order written."""
        return {point.id: point for point in expand_grid(self.grid)}

    def point(self, hp: str) -> Hyperparameters:
        """The grid's point of an id; raises UserError naming the nearest ids."""
        if hp in self.hyperparameters:
            return self.hyperparameters[hp]
        near = difflib.get_close_matches(hp, self.hyperparameters, n=3)
        raise UserError(
            f"recipe '{self.name}': its grid has no point '{hp}'"
            + (f" (near: {', '.join(near)})" if near else "")
        )


def settings_digest(settings: Settings, model: Model) -> str:
    """Twelve hexadecimal digits for what a run is made with, the hp and the data aside.

    Only what training uses of the model counts, so that a corrected year or top-1 re-runs nothing.
    """
    return digest_of(
        settings.content(),
        {key: getattr(model, key) for key in ("library", "architecture", "weights")},
    )


def digest_of(settings: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """As `settings_digest`, of what a run's record holds of them."""
    content = {"settings": settings, "model": model}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Written:
    """A recipe as its file has it, inheritance not yet followed."""

    file: Path
    values: Mapping[str, Any]


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
        return own, (file,)
    if base_name not in written:
        raise UserError(f"{file}: {name}.like: no recipe '{base_name}'")
    base, files = _follow(base_name, written, (*seen, name))
    for part in ("datasets", "models"):
        if part in own:
            theirs = base.get(part, {})
            own[part] = theirs | {k: theirs.get(k, {}) | v for k, v in own[part].items()}
    return base | own, tuple(dict.fromkeys((file, *files)))


def read_recipes(path: str | Path) -> dict[str, Recipe]:
    """Every recipe of a folder of files, or of one file, by name.

    Raises UserError for a name that two files have, a key the schema does not know, a missing
    setting, an unknown `like`, or a grid in which one point stands twice.
    """
    written = _read_files(Path(path))
    recipes = {}
    for name, own in written.items():
        values, files = _follow(name, written)
        values.pop("description", None)
        datasets, models = values.pop("datasets", {}), values.pop("models", {})
        grid = tuple(
            GridBlock(
                block["optimizer"],
                block["schedule"],
                tuple(block["learning_rates"]),
                tuple(block["weight_decays"]),
            )
            for block in values.pop("grid", [])
        )
        needed = {field.name for field in fields(Settings) if field.default is MISSING}
        missing = sorted(needed - set(values))
        if missing or not grid:
            raise UserError(f"{own.file}: {name}: missing {', '.join(missing or ['grid'])}")
        recipe = Recipe(name, files, values, datasets, models, grid)
        if len(recipe.hyperparameters) < len(expand_grid(grid)):
            raise UserError(f"{own.file}: {name}.grid: a point stands twice")
        recipes[name] = recipe
    return recipes
