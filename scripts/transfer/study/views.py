"""Views: figures and tables, each a script named by its content, numbered by the study.

The script of a view declares as literals what it reads (`READS`) and which options a study may set
(`OPTIONS`), so that studies are validated and the workflow planned without importing it.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from transfer.errors import UserError
from transfer.validation import check

SCRIPTS = Path(__file__).parents[2]
KINDS = ("figures", "tables")
# Possible inputs of views, and the kinds of studies for which they exist.
READABLE = {
    "results": ("published", "runs"),
    "fid": ("published", "runs"),
    "datasets": ("published", "runs"),
    "models": ("published", "runs"),
    "intervals": ("published", "runs"),
    "prepared": ("runs",),
    "predictions": ("runs",),
    "predictors": ("runs",),
    "reported": ("runs",),
    "statements": ("runs",),
    "printed": ("published", "runs"),
    # Several papers together, in a joint study.
    "joint": ("joint",),
    "sizes": ("published",),
}
# The format of an option that names a part of the study, and of one that names several.
PART = "part"
PARTS = "parts"
LIST_OF_PARTS = {
    "type": "array",
    "items": {"type": "string", "format": PART},
    "minItems": 1,
    "uniqueItems": True,
}


@dataclass(frozen=True)
class Shown:
    """An entry of a study's `figures` or `tables`: a view with its options.

    `caption` replaces the view's own, `printed` names the same table in the paper; either may be
    empty.
    """

    view: str
    options: dict[str, Any] = field(default_factory=dict)
    caption: str = ""
    printed: str = ""


def read_shown(line: str | dict[str, Any]) -> Shown:
    """Read an entry of a study's file: the name of a view, or a mapping with its options."""
    if isinstance(line, str):
        return Shown(line)
    own = ("view", "caption", "printed")
    options = {key: value for key, value in line.items() if key not in own}
    return Shown(line["view"], options, line.get("caption", ""), line.get("printed", ""))


@dataclass(frozen=True)
class View:
    """The declarations of a view's script.

    `reads` are keys of `READABLE`, passed to its function in this order. `options` is a JSON schema
    for each option, with its `default`; in it, `format: part` means that the option names a part of
    the study, `format: parts` a list of different ones, and `reads` what else the view reads if the
    option is set. `fewest_datasets` is the number of datasets that each part it shows must have.
    """

    kind: str
    name: str
    about: str
    reads: tuple[str, ...] = ()
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    fewest_datasets: int = 1

    @property
    def script(self) -> str:
        """Path of the script in the checkout."""
        return f"scripts/{self.kind}/{self.name}.py"

    def chosen(self, options: dict[str, Any]) -> dict[str, Any]:
        """A value for every option: that of `options`, or the default."""
        return {name: options.get(name, rule["default"]) for name, rule in self.options.items()}

    def parts(self, options: dict[str, Any]) -> tuple[str, ...]:
        """The parts of a study that the view shows with these options, each once."""
        found: list[str] = []
        for name, value in self.chosen(options).items():
            rule = self.options[name]
            if PART in (rule.get("format"), rule.get("items", {}).get("format")):
                found += [value] if isinstance(value, str) else value or []
        return tuple(dict.fromkeys(found))

    def reads_with(self, options: dict[str, Any]) -> tuple[str, ...]:
        """The inputs of the view with these options."""
        chosen = self.chosen(options)
        further = [
            rule["reads"] for name, rule in self.options.items() if "reads" in rule and chosen[name]
        ]
        return (*self.reads, *further)

    def problems(self, options: dict[str, Any]) -> list[str]:
        """Errors in a study's options: unknown names, invalid values."""
        rules = {"type": "object", "additionalProperties": False, "properties": self.options}
        try:
            check(options, rules, self.script)
        except UserError as error:
            return str(error).splitlines()
        return []


def view_names(kind: str, scripts: Path = SCRIPTS) -> list[str]:
    """The views of a kind (`figures` or `tables`), in alphabetical order."""
    return sorted(path.stem for path in (scripts / kind).glob("[!_.]*.py"))


@cache
def read_view(kind: str, name: str, scripts: Path = SCRIPTS) -> View:
    """Read a view's declaration from the syntax tree of its script, without importing it.

    Raises UserError for a view that has no script, or whose script cannot be parsed or declares
    anything but literals of the right type.
    """
    path = scripts / kind / f"{name}.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not Python: {error}") from None
    declared = _literals(tree, path)
    reads = tuple(declared.get("READS", ()))
    if unknown := sorted(set(reads) - set(READABLE)):
        raise UserError(
            f"{path}: READS: nothing is called {', '.join(unknown)}; "
            f"there are {', '.join(READABLE)}"
        )
    options = {}
    for option, rule in dict(declared.get("OPTIONS", {})).items():
        if "default" not in rule:
            raise UserError(f"{path}: OPTIONS: '{option}' has no default")
        several = rule.get("format") == PARTS
        options[option] = LIST_OF_PARTS | {"default": rule["default"]} if several else rule
    about = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
    return View(kind, name, about, reads, options, int(declared.get("FEWEST_DATASETS", 1)))


def _literals(tree: ast.Module, path: Path) -> dict[str, Any]:
    """The literals assigned to the declaring names of a script."""
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id in ("READS", "OPTIONS", "FEWEST_DATASETS"):
            assert isinstance(node, ast.Assign)
            try:
                found[target.id] = ast.literal_eval(node.value)
            except ValueError:
                raise UserError(
                    f"{path}: line {node.lineno}: {target.id} must be a literal: it is read "
                    "without running the script"
                ) from None
    return found


def place_name(place: str) -> str:
    """`table02` as Table 2, `figure3_top` as Figure 3 (top), `section 4.2` as Section 4.2."""
    numbered = re.fullmatch(r"(table|figure)0*(\d+[a-z]?)(?:_([a-z]+))?", place)
    words = f"{numbered[1]} {numbered[2]}" if numbered else place.replace("_", " ")
    if numbered and numbered[3]:
        words += f" ({numbered[3]})"
    return words[0].upper() + words[1:]
