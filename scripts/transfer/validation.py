"""Validate tables and configuration against JSON schemas; messages name file, row and key."""

import csv
import difflib
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from transfer.errors import UserError

SCHEMAS = Path(__file__).parents[2] / "workflow" / "schemas"
INTEGER = re.compile(r"[+-]?\d+")
# Stricter than float(): no nan, no inf, no underscores, no blanks.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


@cache
def load_schema(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Load the schema `<name>.schema.yaml` from a folder, by default workflow/schemas.

    Raises UserError if the file is missing, is not YAML or is not a schema.
    """
    path = (folder or SCHEMAS) / f"{name}.schema.yaml"
    schema = _read_yaml(path)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        raise UserError(f"{path}: not a JSON schema: {place}: {error.message}") from None
    return schema


def suggest(key: str, known: list[str]) -> str:
    """Suggest a known key in place of an unknown one."""
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def explain(error: ValidationError) -> str:
    """Describe a schema violation; for a misspelt or renamed key, suggest the right one."""
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        renamed = schema.get("x-renamed", {})
        parts = [
            f"key '{key}' was renamed to '{renamed[key]}'"
            if key in renamed
            else f"unknown key '{key}' ({suggest(str(key), known)})"
            for key in sorted(set(instance) - set(known))
        ]
        return "; ".join(parts)
    if error.validator == "required":
        required: Any = error.validator_value
        missing = [key for key in required if key not in instance]
        return f"missing {', '.join(repr(key) for key in missing)}"
    if error.validator == "pattern" and "description" in schema:
        return f"{error.message} ({schema['description']})"
    return error.message


def check(instance: Any, schema: str | dict[str, Any], where: str) -> None:
    """Validate `instance` against a schema; raise UserError listing every violation.

    `schema` is a schema or the name of one in workflow/schemas; `where` names the file (and row)
    in the message.
    """
    rules = load_schema(schema) if isinstance(schema, str) else schema
    problems = [
        f"{where}: {'.'.join(str(part) for part in error.absolute_path)}: {explain(error)}".replace(
            ": : ", ": "
        )
        for error in sorted(Draft202012Validator(rules).iter_errors(instance), key=str)
    ]
    if problems:
        raise UserError("\n".join(problems))


class _UniqueKeyLoader(yaml.CSafeLoader):
    """A loader that rejects duplicate keys, as the YAML specification requires."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        stated = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        keys = [self.construct_object(key, deep=True) for key in stated]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                first = stated[keys.index(key)].start_mark.line + 1
                raise UserError(duplicate_key(node.start_mark.name, stated[place], key, first))
        return super().construct_mapping(node, deep)


def duplicate_key(file: str | Path, node: yaml.Node, key: Any, first: int) -> str:
    """Describe a key that a mapping repeats; `first` is the line on which it is first."""
    line = node.start_mark.line + 1
    return f"{file}: line {line}: duplicate key '{key}', which is on line {first} as well"


@contextmanager
def yaml_loader(path: str | Path) -> Iterator[_UniqueKeyLoader]:
    """A loader of a YAML file; raises UserError for a file that cannot be read or parsed."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            loader = _UniqueKeyLoader(file)
            try:
                yield loader
            finally:
                loader.dispose()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    # An invalid date, such as 2023-02-30, is a ValueError; so are bytes that are not UTF-8.
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None


def _read_yaml(path: str | Path) -> Any:
    with yaml_loader(path) as loader:
        content = loader.get_single_data()
    if content is None:
        raise UserError(f"{path}: the file is empty")
    return content


def read_yaml(path: str | Path, schema: str) -> Any:
    """Read a YAML file and check it against a schema of workflow/schemas.

    Raises UserError if the file is missing or cannot be read, is not YAML in UTF-8, repeats a key
    or breaks the schema.
    """
    content = _read_yaml(path)
    check(content, schema, str(path))
    return content


def _convert(cell: str, rule: dict[str, Any]) -> Any:
    """Convert a cell to the type of its column's schema; unchanged if that is impossible."""
    kinds = rule.get("type", "string")
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind == "integer" and INTEGER.fullmatch(cell):
            return int(cell)
        if kind == "number" and NUMBER.fullmatch(cell):
            return float(cell)
        if kind == "boolean" and cell in ("true", "false"):
            return cell == "true"
    return cell


def check_rows(
    rows: Iterable[Mapping[Hashable, str]], schema: dict[str, Any], path: str | Path
) -> None:
    """Validate the rows of a table against the schema of a row; raise UserError on violations.

    A cell is converted to its column's type first. Rows are counted as lines of the file, the
    header being line 1. An empty cell counts as missing.
    """
    problems = []
    for line, row in enumerate(rows, start=2):
        try:
            _check_row(row, schema, f"{path}: line {line}")
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


def _check_row(row: Mapping[Any, str], schema: dict[str, Any], where: str) -> None:
    properties = schema["properties"]
    check({k: _convert(v, properties.get(k, {})) for k, v in row.items() if v != ""}, schema, where)


def read_table(path: str | Path, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a CSV (or, by its suffix, TSV) file and validate its rows against a schema of a folder.

    Columns are converted to the types of the schema. An empty cell is a missing value, allowed only
    in columns that are not required. The schema's `uniqueKey` lists columns whose combined values
    must be unique, its `rows` is the expected number of rows. Raises UserError naming file, line
    and column.
    """
    return typed_table(read_text_table(path, schema, folder), schema, folder)


def typed_table(text: pd.DataFrame, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """Convert the columns of a table of text to the types of the schema."""
    properties = load_schema(schema, folder)["properties"]
    typed = pd.DataFrame(index=text.index)
    for column in text.columns:
        kind = properties[column].get("type", "string")
        cells = text[column].replace("", None)
        if kind == "number":
            typed[column] = pd.to_numeric(cells).astype(float)
        elif kind == "integer":
            whole = pd.to_numeric(cells)
            typed[column] = whole.astype("Int64" if whole.isna().any() else "int64")
        elif kind == "boolean":
            typed[column] = cells.map({"true": True, "false": False})
        else:
            typed[column] = text[column].astype(object)
    return typed


def _read_cells(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read header and rows of a table file."""
    delimiter = "\t" if path.suffix == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, delimiter=delimiter, strict=True))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a table: {error}") from None
    if not lines:
        raise UserError(f"{path}: not a table: the file is empty")
    return lines[0], lines[1:]


def _check_width(row: list[str], header: list[str], where: str) -> None:
    """Raise UserError for a row that does not have the width of the header."""
    if not row:
        raise UserError(f"{where}: blank")
    if len(row) < len(header):
        absent = ", ".join(repr(column) for column in header[len(row) :])
        raise UserError(
            f"{where}: {len(row)} cells for {len(header)} columns: "
            f"no value for {absent} (a cell is missing there or to the left)"
        )
    if len(row) > len(header):
        raise UserError(
            f"{where}: {len(row)} cells for {len(header)} columns: "
            f"{row[len(header)]!r} is to the right of the last column {header[-1]!r}"
        )


def _check_header(header: list[str], rules: dict[str, Any], path: Path) -> None:
    """Reject unknown, missing and duplicate columns."""
    known = list(rules.get("properties", {}))
    problems = [
        f"{path}: line 1: unknown column '{column}' ({suggest(column, known)})"
        for column in header
        if column not in known
    ]
    problems += [
        f"{path}: line 1: missing column '{column}'"
        for column in rules.get("required", [])
        if column not in header
    ]
    problems += [
        f"{path}: line 1: duplicate column '{column}'"
        for column in dict.fromkeys(header)
        if header.count(column) > 1
    ]
    if problems:
        raise UserError("\n".join(problems))


@dataclass(frozen=True)
class Lines:
    """The rows of a table as text by line of the file, and the problems of the invalid ones.

    A row that is shorter than the header lacks the last columns.
    """

    header: list[str]
    rows: dict[int, dict[str, str]]
    problems: dict[int, str]


def read_lines(path: str | Path, schema: str, folder: Path | None = None) -> Lines:
    """Read the rows of a table, each with its problems.

    Of rows with the same key, all have a problem. Raises UserError for a file that is not a table
    or whose header does not match the schema.
    """
    path = Path(path)
    rules = load_schema(schema, folder)
    header, cells = _read_cells(path)
    _check_header(header, rules, path)
    rows = {line: dict(zip(header, row)) for line, row in enumerate(cells, start=2)}  # noqa: B905
    problems: dict[int, str] = {}
    seen: dict[tuple[str, ...], int] = {}
    unique = rules.get("uniqueKey", [])
    for line, row in enumerate(cells, start=2):
        where = f"{path}: line {line}"
        try:
            _check_width(row, header, where)
            _check_row(dict(rows[line]), rules, where)
        except UserError as error:
            problems[line] = str(error)
        key = tuple(rows[line].get(column, "") for column in unique)
        if any(key) and seen.setdefault(key, line) != line:
            first = seen[key]
            words = ", ".join(f"{c} '{value}'" for c, value in zip(unique, key, strict=True))
            again = f"{where}: duplicate {words}, which is on line {first} as well"
            for one in (first, line):
                problems[one] = "\n".join(filter(None, [problems.get(one), again]))
    return Lines(header, rows, dict(sorted(problems.items())))


def read_text_table(path: str | Path, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a table like `read_table`, but keep every cell as text, with its digits."""
    lines = read_lines(path, schema, folder)
    if lines.problems:
        every = (line for problem in lines.problems.values() for line in problem.splitlines())
        raise UserError("\n".join(dict.fromkeys(every)))
    expected = load_schema(schema, folder).get("rows")
    if expected is not None and len(lines.rows) != expected:
        raise UserError(f"{path}: {len(lines.rows)} rows, expected {expected}")
    return pd.DataFrame(list(lines.rows.values()), columns=lines.header, dtype=str)
