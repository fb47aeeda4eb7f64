"""Tables and configuration held against JSON schemas, with messages that name file, row and key."""

import difflib
from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from transfer.errors import UserError

SCHEMAS = Path(__file__).parents[2] / "workflow" / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The schema `workflow/schemas/<name>.schema.yaml`."""
    return yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text(encoding="utf-8"))


def explain(error: ValidationError) -> str:
    """One schema violation in a user's words; a misspelt key gets its nearest known one."""
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = sorted(schema.get("properties", {}))
        parts = []
        for key in sorted(set(instance) - set(known)):
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
            parts.append(f"unknown key '{key}' ({hint})")
        return "; ".join(parts)
    if error.validator == "required":
        required: Any = error.validator_value
        missing = [key for key in required if key not in instance]
        return f"missing {', '.join(repr(key) for key in missing)}"
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


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's own rule that a key stands once, which PyYAML does not enforce."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise UserError(f"{node.start_mark.name}: line {line}: key '{key}' stands twice")
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path, schema: str) -> Any:
    """Read a YAML file and hold it against a schema of workflow/schemas.

    Raises UserError if the file is missing, is not YAML, repeats a key or breaks the schema.
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            loader = _UniqueKeyLoader(file)
            try:
                content = loader.get_single_data()
            finally:
                loader.dispose()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
    check(content, schema, str(path))
    return content


def _convert(cell: str, rule: dict[str, Any]) -> Any:
    """A table's text cell as the type its column's schema asks for; unchanged if it is not one."""
    kinds = rule.get("type", "string")
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        try:
            if kind == "integer":
                return int(cell)
            if kind == "number":
                return float(cell)
            if kind == "boolean" and cell in ("true", "false"):
                return cell == "true"
        except ValueError:
            continue
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


def read_table(path: str | Path, schema: str) -> pd.DataFrame:
    """Read a CSV (or, by its suffix, TSV) whose rows obey a schema of workflow/schemas.

    Columns take the types of the schema; an empty cell is missing, and allowed only where the
    schema does not require the column. The schema's `uniqueKey` names columns whose values
    together stand once. Raises UserError naming file, line and column.
    """
    text = read_text_table(path, schema)
    properties = load_schema(schema)["properties"]
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


def read_text_table(path: str | Path, schema: str) -> pd.DataFrame:
    """As `read_table`, with every cell as the text that stands in the file (digits kept)."""
    path = Path(path)
    rules = load_schema(schema)
    try:
        text = pd.read_csv(
            path,
            sep="\t" if path.suffix == ".tsv" else ",",
            dtype=str,
            keep_default_na=False,
            encoding="utf-8",
            index_col=False,
            on_bad_lines="error",
        )
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path}: not a table: {error}") from None
    absent = [column for column in rules.get("required", []) if column not in text.columns]
    if absent:
        raise UserError(f"{path}: missing column {', '.join(repr(name) for name in absent)}")
    text = text.fillna("")
    check_rows(text.to_dict("records"), rules, path)
    unique = rules.get("uniqueKey")
    if unique:
        repeated = text.duplicated(unique)
        if repeated.any():
            row = text.index[repeated][0]
            key = ", ".join(text.loc[row, unique])
            raise UserError(f"{path}: line {row + 2}: '{key}' stands twice")
    return text
