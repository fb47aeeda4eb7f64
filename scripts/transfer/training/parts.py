"""What a run is made of. Imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.data.store import PreparedDataset
from transfer.study.hyperparameters import Hyperparameters
from transfer.study.settings import Settings


@dataclass(frozen=True)
class Parts:
    """Prepared data, a row of the model table, a recipe's settings, a point of its grid, weights.

    `weights` is None for a network that starts from random weights.
    """

    dataset: PreparedDataset
    row: Mapping[str, Any]
    recipe: str
    settings: Settings
    hp: Hyperparameters
    weights: Path | None
