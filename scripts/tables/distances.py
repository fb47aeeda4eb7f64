"""Fréchet inception distance of each dataset to the reference, as a table."""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table, decimals
from transfer.papers.distances import gap_words, notes_of

READS = ("fid", "datasets", "printed")


def make(fid: pd.DataFrame, datasets: dict[str, Dataset], printed: pd.DataFrame | None) -> Table:
    columns = [
        Column("dataset", "Dataset", lambda key: datasets[key].name),
        Column("fid", "FID", decimals(2)),
    ]
    table = fid
    if printed is not None:
        theirs = printed[["dataset", "fid"]].astype({"fid": float})
        table = table.merge(theirs.rename(columns={"fid": "published"}), "left", "dataset")
        columns.append(Column("published", "FID in the paper", decimals(2)))
    notes = notes_of(table)
    notes += gap_words(table)
    return Table(table, columns, "Fréchet inception distance of each dataset.", notes)
