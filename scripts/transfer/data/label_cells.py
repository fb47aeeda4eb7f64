"""Labels as tables give them: names or numbers of classes, one or several in a cell."""

import re
from collections.abc import Sequence

from transfer.data.samples import class_order
from transfer.data.tables import TextTable
from transfer.errors import UserError

# Cells by which people and programs say that there is no value.
NO_VALUE = {"", "nan", "na", "n/a", "null", "<na>", "#n/a"}
SEPARATORS = ("|", ";", ",")


def separator_of(cells: Sequence[str]) -> str:
    """The separator of several labels in a cell: `|`, `;` or `,` where it occurs, else a space."""
    return next((mark for mark in SEPARATORS if any(mark in cell for cell in cells)), " ")


def read_labels(
    tables: Sequence[TextTable],
    column: str,
    classes: Sequence[str] | None,
    separator: str | None,
) -> tuple[list[list[tuple[int, ...]]], list[str]]:
    """The class numbers of each row of each table, and the names of the classes.

    With a `separator` a cell has any number of labels, otherwise one. Labels are names of classes
    or, if `classes` names them and not all of the labels, numbers from 0. Raises UserError naming
    the line of a missing or unknown label.
    """
    parts = [[_parts(cell, separator) for cell in table.cells(column)] for table in tables]
    given = {part for rows in parts for row in rows for part in row}
    known = list(classes or class_order(n for n in given if n.lower() not in NO_VALUE))
    by_name = {name: number for number, name in enumerate(known)}
    numbered = classes is not None and not given <= set(known) and all(map(_is_integer, given))
    labels: list[list[tuple[int, ...]]] = []
    for table, rows in zip(tables, parts, strict=True):
        labels.append([])
        for row, names in enumerate(rows):
            if separator is None and names[0].lower() in NO_VALUE and names[0] not in by_name:
                raise UserError(
                    f"{table.where(row)}: its label is '{names[0]}': give it one, or remove the "
                    f"row; if that is a class, name it under `classes`"
                )
            for name in names:
                if numbered and not 0 <= int(float(name)) < len(known):
                    raise UserError(
                        f"{table.where(row)}: label {name} is not one of the {len(known)} classes, "
                        f"which are numbered from 0"
                    )
                if not numbered and name not in by_name:
                    raise UserError(
                        f"{table.where(row)}: '{name}' is not among the classes: {', '.join(known)}"
                    )
            numbers = {int(float(name)) if numbered else by_name[name] for name in names}
            labels[-1].append(tuple(sorted(numbers)))
    if classes is None:
        _check_case(tables, known)
    return labels, known


def _parts(cell: str, separator: str | None) -> list[str]:
    if separator is None:
        return [cell]
    return [part.strip() for part in cell.split(separator) if part.strip()]


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.0*)?", text) is not None


def _check_case(tables: Sequence[TextTable], known: Sequence[str]) -> None:
    lower: dict[str, str] = {}
    for name in known:
        other = lower.setdefault(name.lower(), name)
        if other != name:
            raise UserError(
                f"{tables[0].name}: the classes '{other}' and '{name}' differ in case alone: write "
                "them alike, or name both under `classes`"
            )
