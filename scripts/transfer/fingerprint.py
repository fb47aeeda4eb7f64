"""A fingerprint of code as parsed: what decides whether an edit re-runs a step.

Comments, docstrings and layout leave it unchanged; a change in any module of this library that
the script imports, directly or through another, changes it, but for the few of
`WITHOUT_EFFECT`.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parent
# What a person sees of a run, which card it takes, how a mistake is told and this file: no result
# depends on these, and an edit here must not train anything again.
WITHOUT_EFFECT = (
    "training/cards.py",
    "training/progress.py",
    "progress/",
    "command_line.py",
    "errors.py",
    "fingerprint.py",
    "locks.py",
)


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _imported_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not node.module or node.level:
        return []
    return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


def _canonical(node: object, imported: set[str]) -> str:
    """A node as text that is the same under every Python version that can parse it.

    `ast.dump` is not: versions add fields. Fields that are empty or None are left out, so a new
    field of a later grammar, unused, leaves no trace. Docstrings are left out too; names of
    modules that the code imports are added to `imported`.
    """
    if isinstance(node, list):
        return f"[{','.join([_canonical(item, imported) for item in node])}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.Import | ast.ImportFrom):
        imported.update(_imported_names(node))
    fields = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name == "body" and value and isinstance(node, DOCUMENTED) and _is_docstring(value[0]):
            value = value[1:]
        if value is not None and value != [] and name not in ("ctx", "type_comment", "kind"):
            fields.append(f"{name}={_canonical(value, imported)}")
    return f"{type(node).__name__}({','.join(fields)})"


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
    names: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    code = _canonical(tree, names)
    return code, tuple(file for name in sorted(names) if (file := _module_file(name)))


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
