"""The splits in one's own files on this disk, as far as they are known without reading images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transfer.data.split_names import split_of
from transfer.data.tables import read_table
from transfer.errors import UserError

ORDER = ("train", "val", "test")
# Every job of a workflow reads the configuration again: larger tables are left to preparation.
LARGEST_TABLE = 2**22


def splits_in_files(layout: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The splits of a layout with a `path`, in order; None if they are not known before reading."""
    if "path" not in layout:
        return None
    try:
        if layout["kind"] == "folders":
            return _of_folders(Path(layout["path"], layout.get("root", "")))
        return _of_table(Path(layout["path"]), layout)
    except (OSError, UserError):
        return None


def _of_folders(folder: Path) -> tuple[str, ...] | None:
    if not folder.is_dir():
        return None
    while True:
        inside = [one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(".")]
        if len(inside) != 1 or not any(one.is_dir() for one in inside[0].iterdir()):
            break
        folder = inside[0]
    splits = {split_of(one.name) for one in inside}
    if None in splits or len(splits) < 2:
        return None
    return tuple(split for split in ORDER if split in splits)


def _of_table(path: Path, layout: Mapping[str, Any]) -> tuple[str, ...] | None:
    column = layout.get("split")
    file = path / layout.get("table", "train.csv") if path.is_dir() else path
    if not column or file.stat().st_size > LARGEST_TABLE:
        return None
    form = (layout.get("delimiter"), layout.get("encoding"))
    table = read_table(file.read_bytes(), str(file), [column], *form)
    splits = {split_of(cell) for cell in table.cells(column)}
    return None if None in splits else tuple(split for split in ORDER if split in splits)
