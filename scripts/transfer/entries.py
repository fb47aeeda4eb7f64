"""Entries of configuration files by id, of which an invalid one leaves the others usable."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from jsonschema import Draft202012Validator

from transfer.errors import UserError
from transfer.validation import check, duplicate_key, explain, load_schema, yaml_loader

Entry = TypeVar("Entry")


class Entries(dict[str, Entry]):
    """The valid entries of a file, or of a folder of files, by id.

    `broken` has the problems of each invalid entry, one per line, each starting with its file.
    `lines` has the line of each valid row of a table. Looking up an entry that is not valid raises
    UserError with its problems, or with the nearest id.
    """

    def __init__(
        self,
        kind: str,
        file: str | Path,
        valid: Mapping[str, Entry],
        broken: Mapping[str, str],
        lines: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(valid)
        self.kind = kind
        self.file = file
        self.broken = dict(broken)
        self.lines = dict(lines or {})

    def __missing__(self, id: str) -> Entry:
        if id in self.broken:
            raise UserError(self.broken[id])
        raise UserError(f"{self.file}: no {self.kind} '{id}'{meant(id, self)}")


def meant(name: str, known: Iterable[str]) -> str:
    """A suggestion of the nearest known name; empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def absent(key: str, name: str, known: Entries[Any]) -> list[str]:
    """Why `key` cannot refer to an entry by a name, one line per problem."""
    lost = invalid(key, name, known.broken)
    return lost or [f"{key}: no {known.kind} '{name}'{meant(name, known)}"]


def invalid(key: str, name: str, broken: Mapping[str, str]) -> list[str]:
    """The problems of an invalid entry to which `key` refers; none if it is not invalid."""
    problems = broken.get(name, "").splitlines()
    return [f"{key}: '{name}' is invalid: {problem}" for problem in problems]


def broken_of(known: Mapping[str, object]) -> Mapping[str, str]:
    """The problems of invalid entries; none for a mapping of another kind."""
    return known.broken if isinstance(known, Entries) else {}


def unknown(
    key: str, wanted: Iterable[str], known: Mapping[str, object], table: str
) -> Iterator[str]:
    """Report each name that is not that of a valid entry, one line per problem."""
    for name in wanted:
        if name not in known:
            absence = f"{key}: '{name}' is not in {table}{meant(name, known)}"
            yield from invalid(key, name, broken_of(known)) or [absence]


@dataclass(frozen=True)
class Blocks:
    """The blocks of a YAML file by key: the valid ones, and the problems of the others.

    `lines` has the line of the key of every block.
    """

    valid: dict[str, Any]
    broken: dict[str, str]
    lines: dict[str, int]


def read_blocks(path: str | Path, schema: str) -> Blocks:
    """Read a YAML file of named blocks and check each against a schema of workflow/schemas.

    A block is invalid if it breaks the schema or repeats a key, and if its own key is repeated.
    Raises UserError for a file that cannot be read, is not YAML or is not a mapping.
    """
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    problems: dict[str, list[str]] = {}
    with yaml_loader(path) as loader:
        root = loader.get_single_node()
        if root is None:
            raise UserError(f"{path}: the file is empty")
        if not isinstance(root, yaml.MappingNode):
            check(loader.construct_document(root), schema, str(path))
        for key_node, node in root.value:
            key = loader.construct_document(key_node)
            if key in lines:
                again = duplicate_key(path, key_node, key, lines[key])
                problems.setdefault(key, []).append(again)
                continue
            lines[key] = key_node.start_mark.line + 1
            try:
                values[key] = loader.construct_document(node)
            except UserError as error:
                problems.setdefault(key, []).append(str(error))
            # An invalid date.
            except ValueError as error:
                problems.setdefault(key, []).append(f"{path}: {key}: not valid YAML: {error}")
    errors = sorted(Draft202012Validator(load_schema(schema)).iter_errors(values), key=str)
    for violation in errors:
        place = [str(part) for part in violation.absolute_path]
        # A name that breaks the schema has no path.
        name = place[0] if place else str(violation.instance)
        if name not in values:
            check(values, schema, str(path))
        where = ": ".join(filter(None, [str(path), ".".join(place)]))
        problems.setdefault(name, []).append(f"{where}: {explain(violation)}")
    valid = {key: value for key, value in values.items() if key not in problems}
    return Blocks(valid, {key: "\n".join(found) for key, found in problems.items()}, lines)
