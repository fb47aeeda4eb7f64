"""Canonical text of code, which changes only with edits that can change what the code computes.

Ignores formatting, comments, docstrings, type annotations, and mere output: arguments of
exceptions, `print`, progress and reports, help texts of options, and calls of functions named
`check`, `check_...` or `refuse_...`, which raise or pass but compute nothing.
"""

import ast
import re
from collections.abc import Iterator

# A statement that calls one of these, or a method of an object of this name, is mere output.
SPEAKING = re.compile(r"print|report|progress|note|_?check|_?check_\w+|_?refuse_\w+")
HELP = ("help", "description", "epilog")
TYPES = ("annotation", "returns")
# Fields of a node without meaning, or whose presence depends on the Python version.
IGNORED = ("ctx", "type_comment", "kind", "type_params", "msg")


def computing(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body that compute something, unlike docstrings and messages."""
    return [node for node in statements if not _speaks(node)]


def _speaks(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant):
        return True
    called = node.value.func if isinstance(node.value, ast.Call) else None
    return called is not None and any(SPEAKING.fullmatch(part) for part in dotted(called))


def dotted(node: ast.AST) -> list[str]:
    """The names of `a.b.c` in order; of `f().b.c` those after the call."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return [node.id, *names] if isinstance(node, ast.Name) else names


def fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    """The significant fields of a node, including type annotations.

    Empty fields are omitted, so that unused fields of later grammars have no effect.
    """
    if isinstance(node, ast.Raise):
        error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        yield "type", ".".join(dotted(error)) if error else ""
        return
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            value = computing(value)
        elif name == "keywords" and isinstance(value, list):
            value = [keyword for keyword in value if keyword.arg not in HELP]
        if value is not None and value != [] and name not in IGNORED:
            yield name, value


def canonical(node: object) -> str:
    """A node of a syntax tree as text, identical under every Python version that can parse it.

    Unlike `ast.dump`, whose output changes as versions add fields.
    """
    if isinstance(node, list):
        return f"[{','.join([canonical(item) for item in node])}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [f"{name}={canonical(value)}" for name, value in fields(node) if name not in TYPES]
    return f"{type(node).__name__}({','.join(parts)})"
