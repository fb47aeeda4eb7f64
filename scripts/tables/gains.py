"""Differences between rows of a printed table, by dataset.

Each pair of `pairs` is a row of the result: the first minus the second. If the second names several
rows, the best one on each dataset is used. p is that of Wilcoxon's signed rank test over datasets,
exact with ties and zeros. The caption states if software that breaks a tie in binary floating point
prints another p.
"""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.errors import UserError
from transfer.statistics.paired import broken_tie, gain_over_best

READS = ("printed", "datasets")
OPTIONS = {
    # The column that names the rows.
    "rows": {"type": "string", "default": "pretraining"},
    "pairs": {
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name", "first", "second"],
            "properties": {
                # The key of the row, used by the text of pages, and its heading.
                "name": {"type": "string"},
                "label": {"type": "string"},
                "first": {"type": "string"},
                "second": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            },
        },
        "default": [],
    },
}


def make(
    printed: pd.DataFrame,
    datasets: dict[str, Dataset],
    *,
    rows: str,
    pairs: list[dict[str, str | list[str]]],
) -> Table:
    shown = [column for column in printed.columns if column in datasets]
    values = printed.set_index(rows)[shown].astype(float)
    labels = {str(pair["name"]): str(pair.get("label", pair["name"])) for pair in pairs}
    found, lost = [], []
    for pair in pairs:
        first, second = str(pair["first"]), list(pair["second"])
        if missing := [row for row in (first, *second) if row not in values.index]:
            raise UserError(f"gains: no row {', '.join(missing)} in column {rows}")
        result = gain_over_best(values.loc[first].to_numpy(), values.loc[second].to_numpy())
        lost += tie_notes(labels[str(pair["name"])], values.loc[first], values.loc[second].max())
        found.append(
            {
                "comparison": pair["name"],
                **dict(zip(shown, result.differences, strict=True)),
                "mean": result.mean,
                "above": result.above,
                "below": result.below,
                "p": result.test.p,
            }
        )
    columns = [
        Column("comparison", "Comparison", lambda name: labels[name]),
        *(Column(name, datasets[name].short_name, decimals(1)) for name in shown),
        Column("mean", "Mean", decimals(2)),
        Column("above", "Above"),
        Column("below", "Below"),
        Column("p", "p", show_p),
    ]
    caption = (
        "Differences in percentage points, their mean, the number of datasets above and below "
        "zero, and the exact two-sided p of Wilcoxon's signed rank test over datasets."
    )
    notes = ["Computed from the values printed in the paper."]
    if lost:
        notes.append("Differences that are equal in print share their mean rank.")
    frame = pd.DataFrame(found, columns=[column.name for column in columns])
    return Table(frame, columns, caption, [*notes, *lost])


def tie_notes(label: str, first: pd.Series, second: pd.Series) -> list[str]:
    """State where binary subtraction breaks a tie, which explains a p that differs elsewhere."""
    lost = broken_tie(first.to_numpy(), second.to_numpy())
    if lost is None:
        return []
    shown = [
        f"{first.iloc[place]:g} − {second.iloc[place]:g} = "
        f"{float(first.iloc[place] - second.iloc[place])!r}".replace("= -", "= −")
        for place in lost.places
    ]
    return [
        f"In {label}, {' and '.join(shown)} in binary floating point, which is no tie: software "
        f"that subtracts in binary prints p {show_p(lost.p)}."
    ]
