"""A fingerprint of code as parsed: what decides whether an edit re-runs a step.

Comments, docstrings and layout leave it unchanged; a change in any module of this library that
the script imports, directly or through another, changes it, but for the few of
`WITHOUT_EFFECT`.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parent
# What a person sees of a run and which card it takes: no result depends on these, and an edit
# here must not train anything again.
WITHOUT_EFFECT = ("training/cards.py", "training/progress.py", "progress/")


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


def _canonical(node: object) -> str:
    """A node as text that is the same under every Python version that can parse it.

    `ast.dump` is not: versions add fields. Fields that are empty or None are left out, so a new
    field of a later grammar, unused, leaves no trace.
    """
    if isinstance(node, ast.AST):
        fields = [
            f"{name}={_canonical(value)}"
            for name, value in ast.iter_fields(node)
            if value is not None and value != [] and name not in ("ctx", "type_comment", "kind")
        ]
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(_canonical(item) for item in node)}]"
    return repr(node)


def _imported_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_file(name: str) -> Path | None:
    package, *parts = name.split(".")
    if package != LIBRARY.name:
        return None
    path = LIBRARY.joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _without_effect(path: Path) -> bool:
    return path.relative_to(LIBRARY).as_posix().startswith(WITHOUT_EFFECT)


@cache
def _parse(path: Path) -> tuple[str, tuple[Path, ...]]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    names = sorted(set(_imported_names(tree)))
    imported = tuple(file for name in names if (file := _module_file(name)))
    return _canonical(_without_docstrings(tree)), imported


@cache
def fingerprint(script: str | Path) -> str:
    """Twelve hexadecimal digits that stand for a script and every library module it uses.

    A package's `__init__.py` counts where the package itself is imported. The script's own name
    does not count, so a renamed script with the same code keeps its fingerprint.
    """
    script = Path(script).resolve()
    found = {script}
    pending = [script]
    while pending:
        _, imported = _parse(pending.pop())
        new = {path for path in imported if not _without_effect(path)} - found
        found |= new
        pending.extend(new)
    digest = hashlib.sha256(_parse(script)[0].encode())
    for path in sorted(found - {script}):
        digest.update(f"{path.relative_to(LIBRARY)}:{_parse(path)[0]}".encode())
    return digest.hexdigest()[:12]
