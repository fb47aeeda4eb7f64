"""The cells of a study of runs, each with the runs of its recipe's grid."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer.errors import UserError
from transfer.study.chains import sources
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.sources import Source
from transfer.study.study import Study


@dataclass(frozen=True)
class Cell:
    """One (dataset, model, recipe), the ids of the runs in its grid, and its final runs.

    `metric` is the metric by which its runs are compared, if not the dataset's own.
    """

    dataset: str
    model: str
    recipe: str
    hps: tuple[str, ...]
    metric: str = ""
    finals: tuple[str, ...] = ()

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of all runs of the cell, those of the grid first."""
        return self.hps + self.finals

    def run_folder(self, name: str) -> Path:
        """Folder of a run in the folder of all runs, by the id of its point or as a final run."""
        return Path(self.dataset, self.model, self.recipe, name)


def source_cells(
    cells: Iterable[Cell], recipes: Mapping[str, Recipe], models: Mapping[str, Model]
) -> list[Cell]:
    """The cells whose best runs provide the weights of other cells, recursively, each once.

    `models` are those of the model table by id. Raises UserError for a circular chain.
    """
    found: dict[Cell, None] = {}
    for cell in cells:
        for one in sources(Source(cell.dataset, cell.model, cell.recipe), models, recipes):
            hps = tuple(recipes[one.recipe].hyperparameters)
            found[Cell(one.dataset, one.model, one.recipe, hps)] = None
    return list(found)


def study_cells(study: Study, recipes: Mapping[str, Recipe]) -> list[Cell]:
    """Every cell of a study once, part by part.

    Raises UserError for a recipe that is not in `recipes`.
    """
    cells: dict[Cell, None] = {}
    for name, part in study.parts.items():
        if part.recipe not in recipes:
            raise UserError(
                f"config/studies/{study.name}.yaml: parts.{name}.recipe: '{part.recipe}' is not "
                "in config/recipes"
            )
        recipe = recipes[part.recipe]
        hps = tuple(recipe.hyperparameters)
        for dataset in part.datasets:
            for model in part.models:
                metric = part.metrics.get(dataset, "")
                cell = Cell(dataset, model, part.recipe, hps, metric, recipe.finals)
                cells[cell] = None
    return list(cells)


def reported_splits(study: Study, recipes: Mapping[str, Recipe]) -> dict[str, str]:
    """The split of each dataset whose value a study of runs reports, by the first part that has it.

    It is the recipe's, or that of its final runs.
    """
    found: dict[str, str] = {}
    for part in study.parts.values():
        recipe = recipes[part.recipe]
        for dataset in part.datasets:
            own = recipe.values(dataset, part.models[0])["report_split"]
            found.setdefault(dataset, recipe.final.report_split if recipe.final else own)
    return found
