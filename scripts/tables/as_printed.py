"""A table as printed in the paper, for facts that only its authors can know."""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.errors import UserError
from transfer.metrics import METRICS
from transfer.study.model import Model, PrintedModel

READS = ("printed", "models", "datasets")
OPTIONS = {
    # Headings by column, if they differ from its name in words.
    "headings": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    # Text by cell, if it differs from the cell, such as a key of a row.
    "names": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    "leave_out": {"type": "array", "items": {"type": "string"}, "default": []},
    # Origin of the values, if the table is not one of the paper's own.
    "note": {"type": "string", "default": "As printed in the paper."},
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
    names: dict[str, str],
    leave_out: list[str],
    note: str,
) -> Table:
    if missing := [column for column in (*headings, *leave_out) if column not in printed]:
        raise UserError(f"as_printed: no column {', '.join(missing)}")
    printed = printed.drop(columns=leave_out)
    shown = {key: dataset.short_name for key, dataset in datasets.items()} | HEADINGS | headings
    cells = {key: dataset.name for key, dataset in datasets.items()}
    cells |= {key: model.name for key, model in models.items()}
    cells |= {key: metric.label for key, metric in METRICS.items()}
    cells |= {"true": "✓", "false": "", "": "–"} | names
    columns = [
        Column(name, shown.get(name, in_words(name)), lambda cell: str(cells.get(cell, cell)))
        for name in printed.columns
    ]
    return Table(printed, columns, "", [note] if note else [])


def in_words(column: str) -> str:
    """Return the name of a column as a heading: `train_size` as Train size."""
    words = column.replace("_", " ")
    return words[0].upper() + words[1:]
