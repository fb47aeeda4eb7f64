"""Final runs: the best point of a cell, trained again with other seeds and reported.

Imports no torch.
"""

import hashlib
import json
from dataclasses import dataclass, replace

from transfer.study.settings import NO_SPLIT, Settings

PREFIX = "final-"


@dataclass(frozen=True)
class Final:
    """Final runs: the best point of a recipe's grid, trained again with each seed.

    Runs are trained on the splits `train_on` and report `report_split`, or if that is empty the
    split that the recipe reports. If they are trained on the split that selects the epoch, they
    report the last epoch.
    """

    seeds: tuple[int, ...]
    train_on: tuple[str, ...] = ("train",)
    report_split: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the runs in paths, such as `final-0`; no id of a point has this form."""
        return tuple(f"{PREFIX}{seed}" for seed in self.seeds)

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits for what each run is made with beside a recipe's settings.

        The seeds do not count: a further one trains one run.
        """
        content = json.dumps([self.train_on, self.report_split])
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def settings(self, recipe: Settings, seed: int) -> Settings:
        """The settings of the final run of a seed, from those of the runs it was chosen among."""
        split = recipe.selection_split
        return replace(
            recipe,
            seed=seed,
            train_splits=self.train_on,
            selection_split=NO_SPLIT if split in self.train_on else split,
            report_split=self.report_split or recipe.report_split,
        )
