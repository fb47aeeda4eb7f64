"""The definitions of this package that a piece of code can reach, followed by name.

A name that is used counts as reached, whether or not it is called, and so does a class in an
annotation: its methods are called on objects created elsewhere.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transfer.fingerprint import modules
from transfer.fingerprint.canonical import TYPES, canonical, dotted, fields
from transfer.fingerprint.modules import imported_names, module_file, read_module

# Progress output, GPU leases, error messages and comparison of code: no result depends on them.
WITHOUT_EFFECT = (
    "command_line.py",
    "errors.py",
    "fingerprint/",
    "machine/",
    "progress/",
    "study/checks/",
    "training/progress.py",
    "training/report.py",
    "words.py",
)


@dataclass(frozen=True)
class Definition:
    """A statement of a file's top level."""

    file: Path
    node: ast.AST


def named(path: list[str]) -> Iterator[Definition]:
    """The definitions that a full dotted name leads to; none for what is not of this library."""
    for length in range(len(path), 0, -1):
        file = module_file(".".join(path[:length]))
        if file is None:
            continue
        if not file.relative_to(modules.LIBRARY).as_posix().startswith(WITHOUT_EFFECT):
            yield from _in_file(file, path[length:])
        return


def effects(file: Path) -> list[Definition]:
    """The effects of importing a file or, for a script, running it."""
    return [Definition(file, node) for node in read_module(file).effects]


def defined(file: Path, name: str) -> Definition:
    """The definition of a name in a file; raises ValueError if there is none."""
    names = read_module(file).names
    if name not in names:
        raise ValueError(f"{file} does not define {name}")
    return Definition(file, names[name])


def _in_file(file: Path, path: list[str]) -> Iterator[Definition]:
    module = read_module(file)
    if not path:
        # The module itself is passed on: any part of it may be used.
        yield from (Definition(file, node) for node in module.names.values())
    elif path[0] in module.names:
        yield Definition(file, module.names[path[0]])
    elif path[0] in module.imports:
        yield from named(module.imports[path[0]].split(".") + path[1:])


def _chains(node: object) -> Iterator[list[str]]:
    """Every name that a node uses, with the attributes that follow it: `a.b.c` as [a, b, c]."""
    if isinstance(node, list):
        for item in node:
            yield from _chains(item)
    elif isinstance(node, ast.Attribute | ast.Name) and isinstance(_base(node), ast.Name):
        yield dotted(node)
    elif isinstance(node, ast.AST):
        for name, value in fields(node):
            if name in TYPES and isinstance(value, ast.Constant) and isinstance(value.value, str):
                value = ast.parse(value.value, mode="eval").body
            yield from _chains(value)


def _base(node: ast.AST) -> ast.AST:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


# A file that is read again has new nodes, and nothing is remembered of those.
@cache
def _used(definition: Definition) -> tuple[Definition, ...]:
    local = imported_names(ast.walk(definition.node))
    found: list[Definition] = []
    for chain in _chains(definition.node):
        if chain[0] in local:
            found += named(local[chain[0]].split(".") + chain[1:])
        else:
            found += _in_file(definition.file, chain)
    return tuple(found)


@cache
def _text(node: ast.AST) -> str:
    return canonical(node)


def _chosen(definition: Definition, choices: frozenset[str]) -> Definition:
    """A table of functions, reduced to the entries that the choices name, if any."""
    table = getattr(definition.node, "value", None)
    if not isinstance(table, ast.Dict):
        return definition
    entries = [
        (key, value)
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant) and key.value in choices
    ]
    if not entries:
        return definition
    keys, values = (list(part) for part in zip(*entries, strict=True))
    return Definition(definition.file, ast.Dict(keys=keys, values=values))


def reachable(roots: Iterable[Definition], choices: frozenset[str]) -> set[str]:
    """The roots and all that they reach, each as canonical text.

    The file of a definition has no effect, so definitions may move.
    """
    texts: set[str] = set()
    seen: set[tuple[Path, int]] = set()
    files: set[Path] = set()
    pending = list(roots)
    while pending:
        whole = pending.pop()
        # Nodes live as long as the parsed file, so their identity does.
        if (whole.file, id(whole.node)) in seen:
            continue
        seen.add((whole.file, id(whole.node)))
        definition = _chosen(whole, choices)
        texts.add(_text(definition.node))
        pending += _used(definition)
        if whole.file not in files:
            files.add(whole.file)
            pending += effects(whole.file) if whole.file.is_relative_to(modules.LIBRARY) else []
    return texts
