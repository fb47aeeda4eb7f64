"""The runs of a study and their folders."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer.errors import UserError
from transfer.study.config import Studies
from transfer.study.grid import source_cells, study_cells
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.study import Study


@dataclass(frozen=True, order=True)
class Run:
    """A training run: a model on a dataset at one point of a recipe's grid, or a final run.

    `hp` is the point's id, or a name such as `final-0`.
    """

    dataset: str
    model: str
    recipe: str
    hp: str

    def folder(self, runs: Path) -> Path:
        """Folder of the run in the folder of all runs."""
        return runs / self.dataset / self.model / self.recipe / self.hp


def expected_runs(
    study: Study, recipes: Mapping[str, Recipe], models: Mapping[str, Model]
) -> tuple[Run, ...]:
    """Every run of a study once, part by part, then the runs that provide their weights.

    Empty for a study of published numbers. `models` are those of the model table by id.
    Raises UserError for a recipe that is not in `recipes`.
    """
    if study.source != "runs":
        return ()
    cells = study_cells(study, recipes)
    every = [*cells, *source_cells(cells, recipes, models)]
    runs = (Run(cell.dataset, cell.model, cell.recipe, hp) for cell in every for hp in cell.runs)
    return tuple(dict.fromkeys(runs))


def chosen_studies(studies: Studies, names: Iterable[str]) -> tuple[Study, ...]:
    """The named studies, or all studies of runs.

    Raises UserError for an unknown or invalid study.
    """
    names = tuple(names)
    for name in names:
        if name in studies.broken:
            raise UserError(studies.broken[name])
        if name not in studies.sound:
            there = ", ".join(sorted([*studies.sound, *studies.broken]))
            raise UserError(f"no study '{name}' in config/studies (there: {there})")
    chosen = [studies.sound[name] for name in names] or list(studies.sound.values())
    return tuple(study for study in chosen if study.source == "runs")
