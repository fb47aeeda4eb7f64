"""Validate tables and configuration against JSON schemas; messages name file, row and key."""

import csv
import difflib
import re
from collections.abc import Hashable, Iterable, Mapping
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
                line = stated[place].start_mark.line + 1
                raise UserError(f"{node.start_mark.name}: line {line}: duplicate key '{key}'")
        return super().construct_mapping(node, deep)


def _read_yaml(path: str | Path) -> Any:
    try:
        with Path(path).open(encoding="utf-8") as file:
            loader = _UniqueKeyLoader(file)
            try:
                content = loader.get_single_data()
            finally:
                loader.dispose()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    # An invalid date, such as 2023-02-30, is a ValueError; so are bytes that are not UTF-8.
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
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
    properties = schema["properties"]
    problems = []
    for line, row in enumerate(rows, start=2):
        typed = {k: _convert(v, properties.get(k, {})) for k, v in row.items() if v != ""}
        try:
            check(typed, schema, f"{path}: line {line}")
        except UserError as error:
            problems.append(str(error))
    if problems:
        raise UserError("\n".join(problems))


def read_table(path: str | Path, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a CSV (or, by its suffix, TSV) file and validate its rows against a schema of a folder.

    Columns are converted to the types of the schema. An empty cell is a missing value, allowed only
    in columns that are not required. The schema's `uniqueKey` lists columns whose combined values
    must be unique, its `rows` is the expected number of rows. Raises UserError naming file, line
    and column.
    """
    text = read_text_table(path, schema, folder)
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
    """Read header and rows of a table file; every row must have the width of the header."""
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
    header, rows = lines[0], lines[1:]
    problems = []
    for line, row in enumerate(rows, start=2):
        if not row:
            problems.append(f"{path}: line {line}: blank")
        elif len(row) < len(header):
            absent = ", ".join(repr(column) for column in header[len(row) :])
            problems.append(
                f"{path}: line {line}: {len(row)} cells for {len(header)} columns: "
                f"no value for {absent} (a cell is missing there or to the left)"
            )
        elif len(row) > len(header):
            problems.append(
                f"{path}: line {line}: {len(row)} cells for {len(header)} columns: "
                f"{row[len(header)]!r} is to the right of the last column {header[-1]!r}"
            )
    if problems:
        raise UserError("\n".join(problems))
    return header, rows


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


def read_text_table(path: str | Path, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a table like `read_table`, but keep every cell as text, with its digits."""
    path = Path(path)
    rules = load_schema(schema, folder)
    header, rows = _read_cells(path)
    _check_header(header, rules, path)
    text = pd.DataFrame(rows, columns=header, dtype=str)
    check_rows(text.to_dict("records"), rules, path)
    unique = rules.get("uniqueKey")
    if unique:
        repeated = text.duplicated(unique)
        if repeated.any():
            row = text.index[repeated][0]
            key = ", ".join(f"{column} '{text.loc[row, column]}'" for column in unique)
            raise UserError(f"{path}: line {row + 2}: duplicate {key}")
    expected = rules.get("rows")
    if expected is not None and len(text) != expected:
        raise UserError(f"{path}: {len(text)} rows, expected {expected}")
    return text
