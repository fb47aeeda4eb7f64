"""Code as text that an edit changes only if it can change what the code computes.

Left out are layout, comments, docstrings, type annotations, and what only speaks: the arguments
of an exception, `print`, progress and reports, help texts of options, and calls of functions named
`check`, `check_...` or `refuse_...`, which pass or raise and compute nothing.
"""

import ast
import re
from collections.abc import Iterator

# A statement that calls one of these, or a method of an object of this name, only speaks.
SPEAKING = re.compile(r"print|report|progress|note|_?check|_?check_\w+|_?refuse_\w+")
HELP = ("help", "description", "epilog")
TYPES = ("annotation", "returns")
# Fields of a node that carry no meaning, or whose presence depends on Python's version.
IGNORED = ("ctx", "type_comment", "kind", "type_params", "msg")


def computing(statements: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body that compute something; a docstring and a message do not."""
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
    """The fields of a node that are of account, type annotations among them.

    Fields that are empty or None are left out, so that a field of a later grammar, unused, leaves
    no trace.
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
    """A node of a syntax tree as text, the same under every Python version that can parse it.

    `ast.dump` is not: versions add fields.
    """
    if isinstance(node, list):
        return f"[{','.join([canonical(item) for item in node])}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = [f"{name}={canonical(value)}" for name, value in fields(node) if name not in TYPES]
    return f"{type(node).__name__}({','.join(parts)})"
