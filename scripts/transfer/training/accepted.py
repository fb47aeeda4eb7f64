"""Versions of the training code that were accepted as equal. Imports no torch.

An edit of the training code gives it another fingerprint, and all runs would be trained again.
Where a run that is trained again under the new code ends with the same bits, the new fingerprint
counts as the old one; where that cannot be shown, a person may say so by name.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from transfer.errors import UserError
from transfer.files import write_text

IDENTICAL, BY_NAME = "identical", "by_name"


@dataclass(frozen=True)
class Acceptance:
    """One row of results/accepted_code.csv: for a recipe, `code` counts as `counts_as`.

    `how` is identical, `evidence` then being the run that was trained again, or by_name,
    `evidence` then being the reason given.
    """

    recipe: str
    code: str
    counts_as: str
    how: str
    evidence: str
    date: str


Accepted = dict[tuple[str, str], Acceptance]


def read_accepted(path: str | Path | None) -> Accepted:
    """Read the acceptances of a file by recipe and code; none if there is no file.

    Raises UserError naming the line that is no acceptance.
    """
    if path is None or not Path(path).is_file():
        return {}
    names = [field.name for field in fields(Acceptance)]
    accepted: Accepted = {}
    with Path(path).open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            if sorted(k or "" for k in row) != sorted(names) or None in row.values():
                raise UserError(f"{path}: line {line}: the columns are {', '.join(names)}")
            key = (row["recipe"], row["code"])
            if row["how"] not in (IDENTICAL, BY_NAME) or key in accepted:
                raise UserError(
                    f"{path}: line {line}: code {row['code']} is listed twice for recipe "
                    f"{row['recipe']}, or `how` is neither {IDENTICAL} nor {BY_NAME}"
                )
            accepted[key] = Acceptance(**row)
    for recipe, code in accepted:
        counts_as(recipe, code, accepted, str(path))
    return accepted


def counts_as(recipe: str, code: str, accepted: Accepted, path: str = "") -> str:
    """The fingerprint that a code counts as for a recipe; itself where none was accepted.

    Raises UserError if the acceptances go in a circle.
    """
    rows = accepted_rows(recipe, code, accepted, path)
    return rows[-1].counts_as if rows else code


def unproven(recipe: str, run: str, present: str, accepted: Accepted) -> bool:
    """Whether a run's code counts as the present code only because a person said so."""
    return run != present and any(
        row.how == BY_NAME
        for code in (run, present)
        for row in accepted_rows(recipe, code, accepted)
    )


def accepted_rows(recipe: str, code: str, accepted: Accepted, path: str = "") -> list[Acceptance]:
    """The rows by which a code counts as another, in order; none where it counts as itself."""
    rows: list[Acceptance] = []
    while (recipe, code) in accepted:
        row = accepted[recipe, code]
        if row in rows:
            raise UserError(f"{path}: code {code} counts as itself through other rows")
        rows.append(row)
        code = row.counts_as
    return rows


def write_accepted(path: Path, accepted: Iterable[Acceptance]) -> None:
    """Write the file whole."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Acceptance)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in accepted)
    write_text(path, text.getvalue())
