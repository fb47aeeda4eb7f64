"""The inputs of a run. Does not import torch."""

from dataclasses import dataclass
from pathlib import Path

from transfer.data.store import PreparedDataset
from transfer.study.hyperparameters import Hyperparameters
from transfer.study.model import Model
from transfer.study.settings import Settings


@dataclass(frozen=True)
class Parts:
    """Prepared data, a model, a recipe's settings, a point of its grid, weights.

    `weights` is None for a network that starts from random weights.
    """

    dataset: PreparedDataset
    row: Model
    recipe: str
    settings: Settings
    hp: Hyperparameters
    weights: Path | None
