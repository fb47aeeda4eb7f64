"""Recipes as written in files, and inheritance between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.entries import Entries, absent, read_blocks
from transfer.errors import UserError
from transfer.study.methods import METHODS
from transfer.validation import suggest

# Keys of a recipe that are not settings.
NO_SETTINGS = ("method", "description", "like", "datasets", "models", "grid", "final")
# Settings in epochs or in steps.
COUNTED = {
    "epochs": ("epochs", "step_milestones"),
    "steps": ("steps", "evaluate_every", "warmup_steps", "step_milestones"),
}


def _in_another_unit(base: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[str, ...]:
    """What counts epochs where its own counts steps, or the other way round."""
    for unit, other in (("epochs", "steps"), ("steps", "epochs")):
        if unit in own and other in base and other not in own:
            return COUNTED[other]
    return ()


def over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others over them; what says steps takes over nothing counted in epochs."""
    lost = _in_another_unit(base, own)
    return {key: value for key, value in base.items() if key not in lost} | dict(own)


@dataclass(frozen=True)
class Written:
    """A recipe as written in its file, before inheritance."""

    file: Path
    values: Mapping[str, Any]


def read_files(path: Path) -> Entries[Written]:
    """Read all recipes of a folder, or of one file, leaving out invalid ones.

    Of recipes with the same name, all are left out. Hidden files are ignored.
    """
    files = [path]
    if path.is_dir():
        files = sorted(file for file in path.glob("*.yaml") if not file.name.startswith("."))
        if not files:
            raise UserError(f"{path}: contains no file of recipes (*.yaml)")
    written: dict[str, Written] = {}
    broken: dict[str, str] = {}
    places: dict[str, str] = {}
    for file in files:
        blocks = read_blocks(file, "recipes")
        for name, line in blocks.lines.items():
            place = f"{file}: line {line}"
            if name in places:
                problem = f"{place}: duplicate recipe '{name}', which is in {places[name]} as well"
                broken[name] = "\n".join(filter(None, [broken.get(name), problem]))
            else:
                places[name] = place
                if name in blocks.broken:
                    broken[name] = blocks.broken[name]
                else:
                    written[name] = Written(file, blocks.valid[name])
    valid = {name: one for name, one in written.items() if name not in broken}
    return Entries("recipe", path, valid, broken)


def follow(
    name: str, written: Entries[Written], seen: tuple[str, ...] = ()
) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """A recipe with everything inherited from the one it is `like`, and the files of both."""
    file = written[name].file
    if name in seen:
        raise UserError(f"{file}: circular 'like': {' -> '.join((*seen, name))}")
    own = dict(written[name].values)
    base_name = own.pop("like", None)
    if base_name is None:
        return _checked(own, own, f"{file}: {name}"), (file,)
    if base_name not in written:
        raise UserError("\n".join(absent(f"{file}: {name}.like", base_name, written)))
    base, files = follow(base_name, written, (*seen, name))
    # A setting varied by its own grid is not inherited.
    grid = own.get("grid", {})
    varied = {axis for block in ([grid] if isinstance(grid, dict) else grid) for axis in block}
    lost = varied | set(_in_another_unit(base, own))
    whole = {key: value for key, value in base.items() if key not in lost} | own
    for part in ("datasets", "models"):
        theirs = {
            key: {name: value for name, value in values.items() if name not in lost}
            for key, values in base.get(part, {}).items()
        }
        ours = {key: over(theirs.get(key, {}), v) for key, v in own.get(part, {}).items()}
        whole[part] = theirs | ours
    return _checked(whole, own, f"{file}: {name}"), tuple(dict.fromkeys((file, *files)))


def _checked(whole: Mapping[str, Any], own: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Drop inherited settings that the method of a recipe does not have.

    Raises UserError if it has no method, or itself sets something unknown to its method.
    """
    if "method" not in whole:
        raise UserError(f"{where}: missing method ({', '.join(METHODS)})")
    name = whole["method"]
    if name not in METHODS:
        raise UserError(f"{where}.method: no method '{name}' ({suggest(name, list(METHODS))})")
    stated = METHODS[name].stated

    def used(values: Mapping[str, Any], written: Mapping[str, Any], at: str) -> dict[str, Any]:
        for key in written:
            if key not in stated and key not in NO_SETTINGS:
                raise UserError(f"{at}.{key}: method '{name}' has no such setting")
        return {key: v for key, v in values.items() if key in stated or key in NO_SETTINGS}

    kept = used(whole, own, where)
    for part in ("datasets", "models"):
        written = own.get(part, {})
        kept[part] = {
            key: used(values, written.get(key, {}), f"{where}.{part}.{key}")
            for key, values in whole.get(part, {}).items()
        }
    return kept
