"""A recipe: how a model is adapted, with what differs by dataset and by model.

Does not import torch: the workflow reads recipes to plan its runs.
"""

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from transfer.errors import UserError
from transfer.study.augmentation import PLAIN, read_augmentation
from transfer.study.finals import Final
from transfer.study.hyperparameters import Hyperparameters, Value, expand_grid
from transfer.study.inheritance import over
from transfer.study.methods import METHODS
from transfer.study.model import Model
from transfer.study.settings import Settings
from transfer.study.sources import Source, parse_source

Block = Mapping[str, Sequence[Value]]


@dataclass(frozen=True)
class Recipe:
    """A recipe of `config/recipes`, after inheritance.

    `files` are those in which it and the recipes that it is `like` are written.
    """

    name: str
    files: tuple[Path, ...]
    method: str
    common: Mapping[str, Any]
    datasets: Mapping[str, Mapping[str, Any]]
    models: Mapping[str, Mapping[str, Any]]
    grid: tuple[Block, ...]
    final: Final | None = None

    def settings(self, dataset: str, model: Model) -> Settings:
        """The settings for one dataset and one model.

        Settings for the model take precedence over those for the dataset.
        """
        values = self.values(dataset, model.id)
        if isinstance(source := values.get("weights"), Mapping):
            values["weights"] = str(Source(source["dataset"], model.id, source["recipe"]))
        if values["image_size"] == "model":
            values["image_size"] = model.input_size
        if written := values.get("augmentation"):
            values["augmentation"] = read_augmentation(written)
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return METHODS[self.method].settings(method=self.method, **plain)

    @cached_property
    def points(self) -> tuple[Hyperparameters, ...]:
        """The grid's points, in the order written."""
        return expand_grid(METHODS[self.method].axes, self.grid)

    def values(self, dataset: str, model: str) -> dict[str, Any]:
        """The settings for a dataset and a model as they are written."""
        values = over(self.common, self.datasets.get(dataset, {}))
        return over(values, self.models.get(model, {}))

    def keeps_weights(self, dataset: str, model: str) -> bool:
        """Whether runs leave their weights for others to start from."""
        stated = self.values(dataset, model).get("keep_weights", False)
        return METHODS[self.method].leaves_weights or stated

    @property
    def functions(self) -> tuple[str, str]:
        """What its runs take from the tables of methods and of augmentations: all of them alike."""
        written = self.common.get("augmentation")
        return self.method, written["kind"] if written else PLAIN

    @property
    def finals(self) -> tuple[str, ...]:
        """The names of a cell's final runs."""
        return self.final.names if self.final else ()

    @cached_property
    def hyperparameters(self) -> dict[str, Hyperparameters]:
        """The grid's points by id, in the order written."""
        return {point.id: point for point in self.points}

    def point(self, hp: str) -> Hyperparameters:
        """The point of the grid with this id; raises UserError suggesting the nearest ids."""
        if hp in self.hyperparameters:
            return self.hyperparameters[hp]
        near = difflib.get_close_matches(hp, self.hyperparameters, n=3)
        raise UserError(
            f"recipe '{self.name}': its grid has no point '{hp}'"
            + (f" (near: {', '.join(near)})" if near else "")
        )


def settings_digest(settings: Settings, model: Model) -> str:
    """Digest of a run's settings without hp and data: twelve hexadecimal digits.

    Only the fields of the model used in training count: correcting a year or top-1 re-runs nothing.
    """
    used = {key: getattr(model, key) for key in ("library", "architecture", "weights")}
    if parse_source(settings.weights):
        used["weights"] = settings.weights
    return digest_of(settings.content(), used)


def digest_of(settings: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    """Like `settings_digest`, from the record of a run."""
    content = {"settings": settings, "model": model}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
