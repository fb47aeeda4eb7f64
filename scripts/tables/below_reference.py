"""Number of rows of a printed table that are below a reference row, on each dataset."""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.errors import UserError
from transfer.statistics.paired import cells_below

READS = ("printed", "datasets")
OPTIONS = {
    # The column that names the rows, and the reference row.
    "rows": {"type": "string", "default": "pretraining"},
    "reference": {"type": "string", "default": "random_initialization"},
    # Names by row, if they differ from the key in words.
    "names": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    "leave_out": {"type": "array", "items": {"type": "string"}, "default": []},
}


def make(
    printed: pd.DataFrame,
    datasets: dict[str, Dataset],
    *,
    rows: str,
    reference: str,
    names: dict[str, str],
    leave_out: list[str],
) -> Table:
    shown = [column for column in printed.columns if column in datasets]
    values = printed.set_index(rows)[shown].astype(float)
    if missing := [row for row in (reference, *leave_out) if row not in values.index]:
        raise UserError(f"below_reference: no row {', '.join(missing)} in column {rows}")
    others = values.drop(index=[reference, *leave_out])
    below = pd.DataFrame(
        cells_below(others.to_numpy(), values.loc[reference].to_numpy()),
        index=others.index,
        columns=others.columns,
    )
    frame = pd.DataFrame({"row": below.index, "below": below.sum(axis=1).to_numpy()})
    frame["datasets"] = [
        ", ".join(datasets[name].short_name for name in shown if below.loc[row, name])
        for row in below.index
    ]

    def named(row: object) -> str:
        return names.get(str(row), str(row).replace("_", " "))

    columns = [
        Column("row", rows.replace("_", " ").capitalize(), named),
        Column("below", "Below"),
        Column("datasets", "Datasets", lambda cell: str(cell) or "–"),
    ]
    total, cells = int(below.to_numpy().sum()), below.size
    below_what = reference.replace("_", " ")
    caption = f"Datasets on which a row lies below {below_what}: {total} of {cells} cells."
    return Table(frame, columns, caption, ["Computed from the values printed in the paper."])
