"""Versions of the training code accepted as equal. Does not import torch.

An edit of the training code changes its fingerprint, which would repeat all runs. If a run repeated
with the new code is bit-identical, the new fingerprint counts as the old one; where that cannot be
shown, the user may accept the code by name.
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

    `how` is identical, with the repeated runs as `evidence`, or by_name, with the user's reason as
    `evidence`.
    """

    recipe: str
    code: str
    counts_as: str
    how: str
    evidence: str
    date: str


Accepted = dict[tuple[str, str], Acceptance]


def read_accepted(path: str | Path | None) -> Accepted:
    """Read the acceptances in a file, by recipe and code; none if there is no file.

    Raises UserError naming an invalid line.
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
    """The fingerprint that a code counts as for a recipe; the code itself if none was accepted.

    Raises UserError if the acceptances are circular.
    """
    rows = accepted_rows(recipe, code, accepted, path)
    return rows[-1].counts_as if rows else code


def unproven(recipe: str, run: str, present: str, accepted: Accepted) -> bool:
    """Whether a run's code counts as the current code only because the user accepted it by name."""
    return run != present and any(
        row.how == BY_NAME
        for code in (run, present)
        for row in accepted_rows(recipe, code, accepted)
    )


def accepted_rows(recipe: str, code: str, accepted: Accepted, path: str = "") -> list[Acceptance]:
    """The rows by which a code counts as another, in order; none if it counts as itself."""
    rows: list[Acceptance] = []
    while (recipe, code) in accepted:
        row = accepted[recipe, code]
        if row in rows:
            raise UserError(f"{path}: code {code} counts as itself through other rows")
        rows.append(row)
        code = row.counts_as
    return rows


def write_accepted(path: Path, accepted: Iterable[Acceptance]) -> None:
    """Write the file atomically."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Acceptance)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in accepted)
    write_text(path, text.getvalue())
