"""The work of each run of a study: images, epochs, image size."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer.data.dataset import Dataset
from transfer.progress.cost import Speed, Work
from transfer.study.expected import Run
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.settings import Settings
from transfer.validation import read_table


@dataclass(frozen=True)
class DatasetSize:
    """Numbers of training images, evaluation images and classes; whether it is prepared."""

    train: int
    evaluated: int
    classes: int
    prepared: bool


def dataset_sizes(prepared: Path, datasets: Mapping[str, Dataset]) -> dict[str, DatasetSize]:
    """Sizes by dataset: as prepared, else as stated in config/datasets.yaml.

    A dataset of unknown size is left out.
    """
    sizes = {}
    for id, dataset in datasets.items():
        try:
            summary = json.loads((prepared / id / "summary.json").read_bytes())
            train = summary["counts"].get("train", 0)
            evaluated = sum(summary["counts"].values()) - train
            sizes[id] = DatasetSize(train, evaluated, len(summary["classes"]), True)
        except (OSError, ValueError, KeyError):
            if stated := dataset.stated:
                counts = (stated.train, stated.evaluated, stated.classes)
                sizes[id] = DatasetSize(*counts, prepared=False)
    return sizes


def read_speeds(path: str | Path) -> dict[str, Speed]:
    """Published training speeds by model."""
    table = read_table(path, "throughput")
    return {
        row["model"]: Speed(
            float(row["images_per_second"]), int(row["image_size"]), f"{row['device']}, timm"
        )
        for row in table.to_dict("records")
    }


def _train_images(train: int, settings: Settings) -> int:
    """Images between two evaluations: an epoch's, or those of so many steps, on average."""
    if not settings.steps:
        return train
    return settings.steps * min(settings.batch_size, train) // settings.evaluations


def works(
    runs: Iterable[Run],
    recipes: Mapping[str, Recipe],
    models: Mapping[str, Model],
    sizes: Mapping[str, DatasetSize],
) -> dict[Run, Work]:
    """The work of each run."""
    cells: dict[tuple[str, str, str], Work] = {}
    found = {}
    for run in runs:
        cell = (run.dataset, run.model, run.recipe)
        if cell not in cells:
            settings = recipes[run.recipe].settings(run.dataset, models[run.model])
            size = sizes.get(run.dataset)
            cells[cell] = Work(
                _train_images(size.train, settings) if size else None,
                size.evaluated if size else None,
                settings.evaluations,
                settings.image_size,
            )
        found[run] = cells[cell]
    return found
