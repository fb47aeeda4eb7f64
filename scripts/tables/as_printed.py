"""A table as the paper prints it: what only its authors can know."""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.metrics import METRICS
from transfer.study.model import Model, PrintedModel

READS = ("printed", "models", "datasets")
OPTIONS = {
    # By column, where a heading is not its name in words.
    "headings": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
}
HEADINGS = {
    "imagenet_top1": "ImageNet top-1",
    "parameters_millions": "Parameters (M)",
    "pretraining_augmentation": "Pre-training augmentation",
}


def make(
    printed: pd.DataFrame,
    models: dict[str, Model | PrintedModel],
    datasets: dict[str, Dataset],
    *,
    headings: dict[str, str],
) -> Table:
    names = {key: dataset.name for key, dataset in datasets.items()}
    names |= {key: model.name for key, model in models.items()}
    names |= {key: metric.label for key, metric in METRICS.items()}
    names |= {"true": "✓", "false": "", "": "–"}
    shown = HEADINGS | headings
    columns = [
        Column(name, shown.get(name, in_words(name)), lambda cell: str(names.get(cell, cell)))
        for name in printed.columns
    ]
    return Table(printed, columns, "", ["As printed in the paper."])


def in_words(column: str) -> str:
    """The name of a column as a heading: `train_size` as Train size."""
    words = column.replace("_", " ")
    return words[0].upper() + words[1:]
