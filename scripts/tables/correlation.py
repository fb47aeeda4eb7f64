"""Correlation and slope of each dataset's metric on ImageNet top-1, over the better models."""

import pandas as pd

from transfer.drawing.tables import Column, Table, beside_printed, decimals
from transfer.results.computed import fitted_lines
from transfer.results.table import StudyResults, part_notes

READS = ("results", "printed")
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}


def make(results: StudyResults, printed: pd.DataFrame | None, *, part: str) -> Table:
    table = fitted_lines(results, part).rename_axis("dataset").reset_index()
    columns = [
        Column("dataset", "Dataset", lambda key: results.datasets[key].name),
        Column("correlation", "Correlation", decimals(2)),
        Column("slope", "Slope", decimals(2)),
        Column("models", "Models"),
    ]
    predictor = results.predictor
    top1 = " top-1" if results.study.source_part is None else ""
    caption = (
        f"Pearson correlation and least-squares slope of each metric on {predictor.accuracy}, both "
        f"as fractions, over models above {results.study.threshold:g} %{top1}."
    )
    table, columns, beside = beside_printed(table, columns, printed)
    return Table(table, columns, caption, [*part_notes(results, part), *beside])
