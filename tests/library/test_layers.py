"""Allowed imports, and paths that the package must not contain."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "scripts" / "transfer"
# A package or module imports from lower floors alone, and nothing from its own floor but itself.
FLOORS = (
    {"errors"},
    {"command_line", "files", "metrics", "validation", "words"},
    {"entries", "fingerprint", "machine", "statistics"},
    {"data"},
    {"study"},
    {"training"},
    {"fid", "results"},
    {"papers"},
    {"drawing", "progress"},
    {"page"},
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
LONGEST_RULES = 150


def module_name(path: Path) -> str:
    parts = ("transfer", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported(module: str) -> Iterator[str]:
    """The modules of the package that a module imports, also in functions and for types alone."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in inside]
        else:
            continue
        yield from (name for name in names if name in MODULES and name != "transfer")


def test_every_package_is_on_a_floor():
    assert {name.split(".")[1] for name in MODULES if "." in name} == set(FLOOR)


@pytest.mark.parametrize("module", [name for name in MODULES if "." in name])
def test_a_module_imports_from_lower_floors_alone(module):
    own = module.split(".")[1]
    for name in imported(module):
        other = name.split(".")[1]
        assert other == own or FLOOR[other] < FLOOR[own], f"{module} imports {name}"


def test_no_modules_import_each_other():
    graph = {module: set(imported(module)) - {module} for module in MODULES}
    # Raises CycleError, which names the modules.
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module with their lines, but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


@pytest.mark.parametrize("module", MODULES)
def test_the_package_knows_no_path_of_results(module):
    """The workflow and the scripts do; the package is given paths."""
    found = [line for line, text in texts(MODULES[module]) if "results/" in text]
    assert not found, f"{MODULES[module]}: lines {found}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "workflow").rglob("*.smk")), ids=lambda path: path.stem
)
def test_a_file_of_rules_can_be_read_at_a_sitting(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_RULES, f"{path} has {lines} lines"
