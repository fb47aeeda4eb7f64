"""Every published value beside the reproduced one, with what the test images or seeds allow."""

from dataclasses import dataclass

import pandas as pd

from transfer.drawing.tables import Column, Table, show_metric
from transfer.metrics import METRICS
from transfer.papers.reproduced import APART, apart_words, reproduced_values
from transfer.results.table import StudyResults, part_notes

READS = ("results", "intervals", "printed")
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}


@dataclass(frozen=True)
class InUnits(Column):
    """A column of fractions, each shown in the unit of its row's `metric`."""

    def cells(self, frame: pd.DataFrame) -> list[str]:
        """Return the column's cells as they are printed."""
        pairs = zip(frame["metric"], frame[self.name], strict=True)
        return [show_metric(metric)(value) for metric, value in pairs]


def make(
    results: StudyResults, intervals: pd.DataFrame, printed: pd.DataFrame | None, *, part: str
) -> Table:
    frame = reproduced_values(results, intervals, printed, part)
    frame["metric"] = frame["dataset"].map(lambda name: results.datasets[name].metric)
    columns = [
        Column("dataset", "Dataset", lambda key: results.datasets[key].short_name),
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        InUnits("published", "Published"),
        InUnits("reproduced", "Reproduced"),
        InUnits("difference", "Difference"),
        InUnits("lower", "from"),
        InUnits("upper", "to"),
        Column("inside", "Inside", lambda yes: "–" if pd.isna(yes) else "✓" if yes else ""),
    ]
    caption = "Each value that the paper prints beside the one trained here."
    methods = sorted(set(frame["method"].dropna()))
    notes = [f"Intervals: {'; '.join(methods)}.", APART] if methods else []
    notes += [
        f"{results.datasets[name].short_name}: "
        f"{apart_words(rows, METRICS[results.datasets[name].metric].percent)}."
        for name, rows in frame.groupby("dataset", sort=False)
    ]
    return Table(frame, columns, caption, [*part_notes(results, part), *notes])
