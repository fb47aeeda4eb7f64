"""Archives with a table of images and labels: APTOS, Cassava, Melanoma (Kaggle)."""

import io
from pathlib import Path

import pandas as pd

from transfer.data.samples import Listing, Sample
from transfer.data.unpacking import open_members
from transfer.errors import UserError


def read(
    folder: Path,
    scratch: Path,
    *,
    archives: list[str],
    id: str,
    label: str,
    images: str,
    classes: list[str],
    table: str = "train.csv",
    fold: str | None = None,
) -> Listing:
    """List one sample per row of each archive's table, in the order of `archives` and rows.

    `id`, `label` and `fold` are column names; `images` is the path of an image in the archive with
    `{id}` for its id. Older Kaggle archives contain that folder as a nested zip; both are read.
    """
    samples: list[Sample] = []
    image_folder = images.split("/")[0]
    for archive in archives:
        members = open_members(folder / archive, scratch, nested=(f"{image_folder}.zip",))
        rows = pd.read_csv(io.StringIO(members.text(table)), dtype=str, keep_default_na=False)
        absent = [c for c in (id, label, fold) if c and c not in rows.columns]
        if absent:
            raise UserError(f"{archive}: {table}: missing column {', '.join(absent)}")
        for number, row in enumerate(rows.to_dict("records"), start=2):
            try:
                number_of_class = int(row[label])
                group = (archive, int(row[fold])) if fold else None
            except ValueError:
                raise UserError(
                    f"{archive}: {table}: line {number}: label or fold is not an integer"
                ) from None
            if not 0 <= number_of_class < len(classes):
                raise UserError(
                    f"{archive}: {table}: line {number}: label {number_of_class} is not one of "
                    f"the {len(classes)} classes"
                )
            samples.append(
                Sample(
                    id=row[id],
                    labels=(number_of_class,),
                    image=members.image(images.format(id=row[id])),
                    fold=group,
                )
            )
    return Listing(tuple(samples), tuple(classes))
