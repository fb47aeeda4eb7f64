"""The definitions and imports of a module of the package or of a script."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transfer.fingerprint.canonical import computing

LIBRARY = Path(__file__).parents[1]
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True)
class Module:
    """A parsed file.

    `names` maps names to the statements that define them, `imports` maps imported names to full
    dotted names. `effects` are the statements with an effect on import.
    """

    file: Path
    names: dict[str, ast.stmt]
    imports: dict[str, str]
    effects: tuple[ast.stmt, ...]


def module_file(name: str) -> Path | None:
    """The file of a module `transfer.<...>`; None for other modules."""
    package, *parts = name.split(".")
    if package != LIBRARY.name:
        return None
    path = LIBRARY.joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def imported_names(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """The full dotted names of all names bound by import statements among the nodes.

    Relative imports are not followed; this package has none.
    """
    bound = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                # `import a.b` binds a, `import a.b as c` binds c to a.b.
                first = alias.name.partition(".")[0]
                bound[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                bound[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return bound


def _defined(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.FunctionDef | ast.ClassDef):
            yield part.name


def _for_types_alone(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


@cache
def read_module(file: Path) -> Module:
    """Parse a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    names: dict[str, ast.stmt] = {}
    effects = []
    for node in computing(tree.body):
        if isinstance(node, ast.Import | ast.ImportFrom) or _for_types_alone(node):
            continue
        defined = dict.fromkeys(_defined(node), node)
        names |= defined
        if not defined or not isinstance(node, DEFINITIONS):
            effects.append(node)
    return Module(file, names, imported_names(ast.walk(tree)), tuple(effects))
