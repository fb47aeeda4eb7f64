"""Tables and configuration held against JSON schemas, with messages that name file, row and key."""

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
    """The schema `<name>.schema.yaml` of a folder, by default of workflow/schemas.

    Raises UserError if the file is missing, is not YAML or is no schema.
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
    """What may have been meant by a key that is not among the known ones."""
    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def explain(error: ValidationError) -> str:
    """One schema violation in a user's words; a misspelt or renamed key gets the right one."""
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
    """Hold `instance` against a schema; raise UserError listing every violation.

    `schema` is a schema or the name of one in workflow/schemas; `where` names the file (and
    row) in the message.
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
    """YAML's own rule that a key stands once, which PyYAML does not enforce."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        stated = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        keys = [self.construct_object(key, deep=True) for key in stated]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                line = stated[place].start_mark.line + 1
                raise UserError(f"{node.start_mark.name}: line {line}: key '{key}' stands twice")
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
    # A date that is none, such as 2023-02-30, is a ValueError; so are bytes that are not UTF-8.
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
    """A table's text cell as the type its column's schema asks for; unchanged if it is not one."""
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
    """Hold text rows of a table against the schema of one row; raise UserError on any violation.

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
    """Read a CSV (or, by its suffix, TSV) whose rows obey a schema of a folder of schemas.

    Columns take the types of the schema; an empty cell is missing, and allowed only where the
    schema does not require the column. The schema's `uniqueKey` names columns whose values
    together stand once, its `rows` says how many rows the whole table has. Raises UserError
    naming file, line and column.
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
    """The header and the rows of a table file, each row exactly as wide as the header."""
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
                f"nothing is left for {absent} (a cell was removed there or to the left)"
            )
        elif len(row) > len(header):
            problems.append(
                f"{path}: line {line}: {len(row)} cells for {len(header)} columns: "
                f"{row[len(header)]!r} stands right of the last column {header[-1]!r}"
            )
    if problems:
        raise UserError("\n".join(problems))
    return header, rows


def _check_header(header: list[str], rules: dict[str, Any], path: Path) -> None:
    """Refuse unknown, absent and repeated columns."""
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
        f"{path}: line 1: column '{column}' stands twice"
        for column in dict.fromkeys(header)
        if header.count(column) > 1
    ]
    if problems:
        raise UserError("\n".join(problems))


def read_text_table(path: str | Path, schema: str, folder: Path | None = None) -> pd.DataFrame:
    """As `read_table`, with every cell as the text that stands in the file (digits kept)."""
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
            raise UserError(f"{path}: line {row + 2}: {key} stands twice")
    expected = rules.get("rows")
    if expected is not None and len(text) != expected:
        raise UserError(f"{path}: {len(text)} rows where the whole table has {expected}")
    return text
