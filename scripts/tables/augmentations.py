"""Augmentation before and during fine-tuning: a column for each dataset and fine-tuning."""

import pandas as pd

from transfer.drawing.tables import Column, Table, beside_printed, decimals
from transfer.metrics import METRICS
from transfer.results.table import StudyResults, imagenet_top1, part_notes, part_values

READS = ("results", "printed")
OPTIONS = {
    # A part for each augmentation in fine-tuning, all of the same datasets and models.
    "parts": {"format": "parts", "default": ["main"]},
    # What the columns of each part are called.
    "names": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
}


def make(
    results: StudyResults, printed: pd.DataFrame | None, *, parts: list[str], names: dict[str, str]
) -> Table:
    first = results.study.parts[parts[0]]
    frame = pd.DataFrame({"imagenet_top1": imagenet_top1(results, parts[0]) * 100})
    columns = [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        Column("imagenet_top1", results.predictor.axis, decimals(1)),
    ]
    for dataset in first.datasets:
        described = results.datasets[dataset]
        percent = METRICS[first.metric(described)].percent
        for part in parts:
            name = f"{dataset}_{part.rpartition('_')[2]}"
            # In the unit of the metric, as a paper prints it.
            frame[name] = part_values(results, part)[dataset] * (100 if percent else 1)
            heading = f"{described.short_name} {names.get(part, part)}"
            columns.append(Column(name, heading, decimals(2 if percent else 4)))
    frame = frame.rename_axis("model").reset_index()
    theirs = None if printed is None else printed.drop(columns="imagenet_top1", errors="ignore")
    frame, columns, beside = beside_printed(frame, columns, theirs)
    notes = dict.fromkeys(words for part in parts for words in part_notes(results, part))
    caption = "Models by augmentation in fine-tuning: the dataset's metric of the selected run."
    return Table(frame, columns, caption, [*beside, *notes])
