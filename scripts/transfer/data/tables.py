"""Read tables of one's own: delimiter and encoding are detected, and every row is complete."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from transfer.errors import UserError

DELIMITERS = (",", "\t", ";", "|")
# Beginnings of files that are something else, and what to do about it.
OTHERS = {
    b"PK\x03\x04": "a zip archive or an Excel file: save the table as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: save the table as CSV",
    b"PAR1": "a Parquet file: save it as CSV",
    b"\x1f\x8b": "compressed: unpack it",
    b"<!DOCTYPE": "a web page: download the table itself",
    b"<html": "a web page: download the table itself",
    b"version https://git-lfs": "a pointer of Git LFS: run `git lfs pull`",
}


@dataclass(frozen=True)
class TextTable:
    """Rows of a table, all as long as `columns`, with the number of the line on which each ends.

    `name` is that of the file, for messages. Cells have no spaces around them.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    delimiter: str
    encoding: str

    def cells(self, column: str) -> list[str]:
        """One column."""
        place = self.columns.index(column)
        return [row[place] for row in self.rows]

    def where(self, row: int) -> str:
        """The file and line of a row, for messages."""
        return f"{self.name}: line {self.lines[row]}"


def read_table(
    data: bytes,
    name: str,
    needed: Sequence[str],
    delimiter: str | None = None,
    encoding: str | None = None,
) -> TextTable:
    """Read the content of a table whose first line names the columns.

    Of comma, tab, semicolon and `|`, the delimiter is the one that finds the `needed` columns, or
    else most columns. The encoding is that of the byte order mark, or else UTF-8 or Windows-1252.
    Raises UserError for a file that is no table, a missing or repeated column, and a row that is
    longer or shorter than the first.
    """
    for start, remedy in OTHERS.items():
        if data[: len(start)].lower() == start.lower():
            raise UserError(f"{name}: not a table of text but {remedy}")
    text, encoding = _decoded(data, name, encoding)
    if not text.strip():
        raise UserError(f"{name}: not a table: it is empty")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter)
    delimiter = delimiter or _delimiter(text, needed)
    columns: tuple[str, ...] = ()
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if not columns:
                columns = tuple(row)
                _check_columns(name, columns, needed)
                continue
            while len(row) > len(columns) and not row[-1]:
                row.pop()
            if len(row) != len(columns):
                raise UserError(
                    f"{name}: line {reader.line_num}: has {len(row)} cells, and the first line "
                    f"has {len(columns)}: put cells with '{delimiter}' in quotes, or set the "
                    "`delimiter`"
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise UserError(
            f"{name}: line {reader.line_num}: not a table ({error}): close the quotes there, or "
            "set the `delimiter`"
        ) from None
    if not rows:
        raise UserError(f"{name}: has no row below its first line, which names the columns")
    return TextTable(name, columns, rows, lines, delimiter, encoding)


def _decoded(data: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
        encoding = next((e for mark, e in marks.items() if data.startswith(mark)), None)
    tried = [encoding] if encoding else ["utf-8", "cp1252"]
    for one in tried:
        try:
            return data.decode(one), one
        except UnicodeError:
            continue
        except LookupError:
            raise UserError(f"{name}: there is no encoding '{one}'") from None
    raise UserError(f"{name}: cannot be read as {' or '.join(tried)}: set its `encoding`")


def _delimiter(text: str, needed: Sequence[str]) -> str:
    first = next(line for line in text.splitlines() if line.strip())
    found = {}
    for delimiter in DELIMITERS:
        cells = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter))]
        found[delimiter] = (set(needed) <= set(cells), len(cells))
    return max(DELIMITERS, key=found.__getitem__)


def _check_columns(name: str, columns: Sequence[str], needed: Sequence[str]) -> None:
    absent = [column for column in needed if column not in columns]
    if absent:
        raise UserError(
            f"{name}: missing column {', '.join(absent)}; its first line has "
            f"{', '.join(columns[:12])}{' ...' if len(columns) > 12 else ''}"
        )
    twice = [column for column in needed if list(columns).count(column) > 1]
    if twice:
        raise UserError(f"{name}: has two columns {', '.join(twice)}: rename one")
