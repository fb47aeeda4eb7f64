"""The work of each run of a study: images, epochs, image size."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.progress.cost import Speed, Work
from transfer.study.expected import Run
from transfer.study.recipes import Recipe
from transfer.validation import read_table


@dataclass(frozen=True)
class DatasetSize:
    """Numbers of training images, evaluation images and classes; whether it is prepared."""

    train: int
    evaluated: int
    classes: int
    prepared: bool


def dataset_sizes(
    prepared: Path, published: Path, datasets: Mapping[str, Mapping[str, Any]]
) -> dict[str, DatasetSize]:
    """Sizes by dataset: as prepared, else as stated in the paper's Table 1 or in its block.

    A dataset of unknown size is left out. `datasets` holds the blocks of config/datasets.yaml by
    name.
    """
    printed = read_table(published / "table01.csv", "table01", published).set_index("dataset")
    sizes = {}
    for dataset, block in datasets.items():
        try:
            summary = json.loads((prepared / dataset / "summary.json").read_bytes())
            train = summary["counts"].get("train", 0)
            evaluated = sum(summary["counts"].values()) - train
            sizes[dataset] = DatasetSize(train, evaluated, len(summary["classes"]), True)
        except (OSError, ValueError, KeyError):
            if dataset in printed.index:
                row = printed.loc[dataset]
                counts = (int(row["train_size"]), int(row["eval_size"]), int(row["classes"]))
                sizes[dataset] = DatasetSize(*counts, prepared=False)
            elif stated := block.get("stated"):
                counts = (stated["train"], stated["evaluated"], stated["classes"])
                sizes[dataset] = DatasetSize(*counts, prepared=False)
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


def works(
    runs: Iterable[Run],
    recipes: Mapping[str, Recipe],
    models: pd.DataFrame,
    sizes: Mapping[str, DatasetSize],
) -> dict[Run, Work]:
    """The work of each run."""
    rows: dict[str, dict[str, Any]] = models.to_dict("index")
    cells: dict[tuple[str, str, str], Work] = {}
    found = {}
    for run in runs:
        cell = (run.dataset, run.model, run.recipe)
        if cell not in cells:
            settings = recipes[run.recipe].settings(run.dataset, rows[run.model])
            size = sizes.get(run.dataset)
            cells[cell] = Work(
                size.train if size else None,
                size.evaluated if size else None,
                settings.epochs,
                settings.image_size,
            )
        found[run] = cells[cell]
    return found
