"""Totals of a paper's tables, which reveal altered numbers.

`totals.csv` of a paper's folder holds, for each of its tables, the sum of every column of numbers
and the sum of all numbers in the rows of every key value: `dataset=cars` in a table with a row for
each dataset and model. One altered number moves one sum of a column and one sum for each of its
keys, and so names its cell. Sums are exact: they are taken of the decimals that are written.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.errors import UserError
from transfer.papers.published import read_printed
from transfer.validation import load_schema

TOTALS = "totals"
# A sum over the rows of one key value, or over a column.
Place = tuple[str, str]


def keys_and_numbers(schema: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The columns of a table that name its rows, and the other columns with numbers."""
    keys = list(schema["uniqueKey"])
    numbers = [
        name
        for name, rule in schema["properties"].items()
        if rule.get("type") in ("number", "integer") and name not in keys
    ]
    return keys, numbers


def totals_of(table: pd.DataFrame, schema: Mapping[str, Any]) -> dict[Place, Decimal]:
    """Sums of a table of text, by (rows, column): ("dataset=cars", "") and ("", "accuracy").

    An empty cell counts as 0.
    """
    keys, numbers = keys_and_numbers(schema)
    sums: dict[Place, Decimal] = {("", column): Decimal(0) for column in numbers}
    for row in table.to_dict("records") if numbers else []:
        for column in numbers:
            number = Decimal(row[column] or "0")
            sums["", column] += number
            for key in keys:
                place = (f"{key}={row[key]}", "")
                sums[place] = sums.get(place, Decimal(0)) + number
    return sums


def folder_totals(folder: str | Path) -> pd.DataFrame:
    """The totals of every table of a paper's folder, in the columns of `totals.csv`, as text."""
    rows = [
        (table, *place, format(total, "f"))
        for table in _tables(Path(folder))
        for place, total in totals_of(
            read_printed(folder, table), load_schema(table, Path(folder))
        ).items()
    ]
    return pd.DataFrame(rows, columns=["table", "rows", "column", "total"])


def check_totals(folder: str | Path) -> None:
    """Compare the totals of every table with `totals.csv`.

    Raises UserError naming file, line and column of a number that was altered; where several were,
    the lines and columns among which they are.
    """
    folder = Path(folder)
    stated = read_printed(folder, TOTALS)
    problems = []
    for name in dict.fromkeys([*_tables(folder), *stated["table"]]):
        path = folder / f"{name}.csv"
        if not path.is_file():
            problems.append(f"{folder / 'totals.csv'}: there is no {path}")
            continue
        rows = stated[stated["table"] == name]
        expected = {
            (row.rows, row.column): Decimal(str(row.total)) for row in rows.itertuples(index=False)
        }
        problems += altered(path, read_printed(folder, name), load_schema(name, folder), expected)
    if problems:
        raise UserError("\n".join(problems))


def altered(
    path: Path, table: pd.DataFrame, schema: Mapping[str, Any], expected: Mapping[Place, Decimal]
) -> list[str]:
    """Deviations of a table from its totals, one line per candidate row."""
    keys, _ = keys_and_numbers(schema)
    found = totals_of(table, schema)
    off = {
        place: found.get(place, Decimal(0)) - expected.get(place, Decimal(0))
        for place in {*found, *expected}
        if found.get(place) != expected.get(place)
    }
    if not off:
        return []
    columns = sorted(column for _, column in off if column)
    wrong = {rows for rows, _ in off if rows}
    candidates = [
        line
        for line, row in enumerate(table.to_dict("records"), start=2)
        if all(f"{key}={row[key]}" in wrong for key in keys)
    ]
    if len(off) == 1 and (place := next(iter(off))) in expected:
        # One altered number moves two sums or more: this one was altered itself.
        what = f"column {place[1]}" if place[1] else f"rows {place[0]}"
        return [
            f"{path.with_stem(TOTALS)}: table {path.stem}: {what}: total {expected[place]} was "
            f"altered: the sum is {found.get(place, Decimal(0))}"
        ]
    if not columns or not candidates:
        return [f"{path}: {', '.join(sorted(wrong) or columns)}: not the sum in {TOTALS}.csv"]
    return [
        f"{path}: line {line}: {column}: {table.loc[line - 2, column]} was altered: the sum of the "
        f"column is off by {off['', column]:+f} from {TOTALS}.csv"
        for line in candidates
        for column in columns
    ]


def _tables(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.csv") if path.stem != TOTALS)
