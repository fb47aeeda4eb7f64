"""Your own images: a CSV of paths and labels."""

from pathlib import Path

import pandas as pd

from transfer.data.members import FileMember
from transfer.data.samples import Listing, Sample, stem, with_unique_ids
from transfer.errors import UserError


def read(
    folder: Path,
    scratch: Path,
    *,
    path: str,
    image: str = "path",
    label: str = "label",
    split: str | None = None,
    classes: list[str] | None = None,
    separator: str = " ",
) -> Listing:
    """List one sample per row of the CSV `path`.

    `image`, `label` and `split` are column names; image paths are relative to the CSV's folder.
    Labels are class names, separated by `separator`. Classes are all names found, sorted, or
    `classes` in the given order. Without `split`, a split must be drawn.
    """
    table = Path(path)
    try:
        rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{table}: no such file") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{table}: not a table: {error}") from None
    absent = [column for column in (image, label, split) if column and column not in rows.columns]
    if absent:
        raise UserError(f"{table}: missing column {', '.join(absent)}")
    labels = [[part for part in cell.split(separator) if part] for cell in rows[label]]
    known = list(classes or sorted({name for cell in labels for name in cell}))
    for line, cell in enumerate(labels, start=2):
        for name in cell:
            if name not in known:
                raise UserError(f"{table}: line {line}: '{name}' is not among the classes")
    samples = [
        Sample(
            id=stem(name),
            labels=tuple(sorted(known.index(part) for part in cell)),
            image=FileMember(name, table.parent / name),
            split=part,
        )
        for name, cell, part in zip(
            rows[image], labels, rows[split] if split else [None] * len(rows), strict=True
        )
    ]
    return Listing(with_unique_ids(samples), tuple(known))
