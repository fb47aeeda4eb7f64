"""The runs that a study is made of, and where each of them lies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer.config import Study
from transfer.errors import UserError
from transfer.grid import study_cells
from transfer.training.recipes import Recipe


@dataclass(frozen=True, order=True)
class Run:
    """One training: a point of a recipe's grid for a model on a dataset."""

    dataset: str
    model: str
    recipe: str
    hp: str

    def folder(self, runs: Path) -> Path:
        """The run's folder below the folder of all runs."""
        return runs / self.dataset / self.model / self.recipe / self.hp


def expected_runs(study: Study, recipes: Mapping[str, Recipe]) -> tuple[Run, ...]:
    """Every run of a study once, part by part; none for a study of published numbers.

    Raises UserError for a recipe that is not in `recipes`.
    """
    if study.source != "runs":
        return ()
    return tuple(
        Run(cell.dataset, cell.model, cell.recipe, hp)
        for cell in study_cells(study, recipes)
        for hp in cell.hps
    )


def chosen_studies(studies: Mapping[str, Study], names: Iterable[str]) -> tuple[Study, ...]:
    """The named studies, or all that consist of runs; raises UserError for an unknown name."""
    names = tuple(names)
    unknown = [name for name in names if name not in studies]
    if unknown:
        raise UserError(f"no study '{unknown[0]}' in config/studies (there: {', '.join(studies)})")
    chosen = [studies[name] for name in names] or list(studies.values())
    return tuple(study for study in chosen if study.source == "runs")
