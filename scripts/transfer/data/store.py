"""Prepared datasets on disk, and how later steps read them.

A folder holds `index.csv` (`id,label,split`, one row per image in store order), `summary.json`
(metric, class names, counts), one store of decoded images per resolution, `store_<short side>/`
with `images.bin`, `offsets.npy` and `sizes.npy`, and the evaluation images,
`evaluation/<size>.npy`, one per row whose split is not `train`. If no split may divide groups of
images, `groups.csv` (`id,group`) has a row for each of the index.

The folder of a derived dataset contains no pixels. Its `rows.npy` maps each of its rows to a row of
another dataset's index, in the folder beside it that is named in `summary.json`.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.errors import UserError

SPLITS = ("train", "val", "test")
LIKE_ROWS = "rows.npy"
GROUPS = "groups.csv"


@dataclass(frozen=True)
class PreparedDataset:
    """A prepared dataset, its pixels memory-mapped: opening it reads only the index.

    `labels` is int64 `(n,)`, the class of each image, or for several labels per image uint8
    `(n, classes)`, one where the class applies. `short_side` says which store `image` reads:
    pixels of the short side, or `original`. A derived dataset reads the images of `like`, of which
    `like_rows`, int64 `(n,)`, gives the row of each of its own.
    """

    folder: Path
    short_side: int | str
    ids: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    classes: tuple[str, ...]
    metric: str
    summary: dict[str, Any]
    like: "PreparedDataset | None" = None
    like_rows: np.ndarray | None = None

    @cached_property
    def pixels(self) -> np.ndarray:
        """Concatenated bytes of all images, uint8, height x width x RGB each."""
        return np.memmap(self._store / "images.bin", dtype=np.uint8, mode="r")

    @cached_property
    def offsets(self) -> np.ndarray:
        """Offset of each image in `pixels`, int64 `(n + 1,)`."""
        return np.load(self._store / "offsets.npy")

    @cached_property
    def sizes(self) -> np.ndarray:
        """Height and width of each image, int32 `(n, 2)`."""
        if self.like:
            return self.like.sizes[self.like_rows]
        return np.load(self._store / "sizes.npy")

    @property
    def made_ns(self) -> int:
        """Time at which the store was written, in nanoseconds of the file system's clock."""
        if self.like:
            return self.like.made_ns
        return (self._store / "images.bin").stat().st_mtime_ns

    @property
    def _store(self) -> Path:
        return self.folder / f"store_{self.short_side}"

    def image(self, row: int) -> np.ndarray:
        """One stored image, uint8 `(height, width, 3)`, a view of the mapped file."""
        if self.like is not None and self.like_rows is not None:
            return self.like.image(self.like_rows[row])
        height, width = self.sizes[row]
        return self.pixels[self.offsets[row] : self.offsets[row + 1]].reshape(height, width, 3)

    def rows(self, *splits: str) -> np.ndarray:
        """Row numbers of the images in the named splits, in store order."""
        return np.flatnonzero(np.isin(self.splits, splits))

    def evaluation_images(self, size: int, split: str) -> np.ndarray:
        """The evaluation images of a split, uint8 `(m, size, size, 3)`, memory-mapped.

        In the order of `rows(split)`. Raises UserError if that size was not prepared.
        """
        if self.like:
            # It shares all rows that are evaluated, in their order.
            return self.like.evaluation_images(size, split)
        path = self.folder / "evaluation" / f"{size}.npy"
        if not path.is_file():
            raise UserError(
                f"{path}: no evaluation images of {size} px. Add {size} to `evaluation_sizes` of "
                f"this dataset in config/datasets.yaml and prepare it again."
            )
        images = np.load(path, mmap_mode="r")
        evaluated = np.flatnonzero(self.splits != "train")
        chosen = np.flatnonzero(self.splits[evaluated] == split)
        if len(chosen) and len(chosen) == chosen[-1] - chosen[0] + 1:
            return images[chosen[0] : chosen[-1] + 1]
        return images[chosen]


def parse_labels(cells: pd.Series, classes: int, multilabel: bool) -> np.ndarray:
    """Labels of `index.csv` as int64 `(n,)`, or uint8 `(n, classes)` for multi-label datasets."""
    if not multilabel:
        return cells.astype("int64").to_numpy()
    labels = np.zeros((len(cells), classes), dtype=np.uint8)
    for row, cell in enumerate(cells):
        labels[row, [int(part) for part in str(cell).split()]] = 1
    return labels


def find_store(folder: str | Path, short_side: str | None = None) -> int | str:
    """The store of a prepared dataset to read: the requested one, or the only one.

    Raises UserError if none is requested and there is not exactly one.
    """
    if short_side is None:
        if (Path(folder) / LIKE_ROWS).is_file():
            folder = Path(folder).parent / _summary(Path(folder))["like"]["dataset"]
        found = sorted(path.name.removeprefix("store_") for path in Path(folder).glob("store_*"))
        if not found:
            raise UserError(f"{folder}: no prepared dataset here")
        if len(found) > 1:
            raise UserError(f"{folder}: contains several stores ({', '.join(found)}): choose one")
        short_side = found[0]
    return int(short_side) if short_side.isdigit() else short_side


def find_any_store(folder: str | Path) -> int | str:
    """The first store listed in `summary.json`, for showing images; UserError if there is none."""
    try:
        return _summary(Path(folder))["short_sides"][0]
    except FileNotFoundError:
        raise UserError(f"{folder}: no prepared dataset here") from None


def _summary(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def open_dataset(folder: str | Path, short_side: int | str = 368) -> PreparedDataset:
    """Open a prepared dataset; raises UserError if it is missing or inconsistent."""
    folder = Path(folder)
    try:
        summary = _summary(folder)
        index = pd.read_csv(folder / "index.csv", dtype=str, keep_default_na=False)
    except FileNotFoundError as error:
        raise UserError(
            f"{error.filename}: the dataset is not prepared. To prepare it: "
            f"snakemake --cores 4 {folder / 'index.csv'}"
        ) from None
    dataset = PreparedDataset(
        folder=folder,
        short_side=short_side,
        ids=index["id"].to_numpy(),
        labels=parse_labels(index["label"], len(summary["classes"]), summary["multilabel"]),
        splits=index["split"].to_numpy(),
        classes=tuple(summary["classes"]),
        metric=summary["metric"],
        summary=summary,
    )
    if summary.get("like"):
        return _refer(dataset)
    if not (dataset._store / "images.bin").is_file():
        raise UserError(f"{dataset._store}: no store of this resolution; prepare it first")
    expected = int(dataset.offsets[-1])
    if len(dataset.offsets) != len(index) + 1 or len(dataset.pixels) != expected:
        raise UserError(
            f"{dataset._store}: the store has {len(dataset.offsets) - 1} images and "
            f"{len(dataset.pixels)} bytes, the index {len(index)} images and {expected} bytes. "
            "Delete the folder and prepare the dataset again."
        )
    return dataset


def _refer(dataset: PreparedDataset) -> PreparedDataset:
    """Attach the dataset that provides the images; UserError if those have changed."""
    recorded = dataset.summary["like"]
    like = open_dataset(dataset.folder.parent / recorded["dataset"], dataset.short_side)
    rows = np.load(dataset.folder / LIKE_ROWS)
    again = f"Derive it again: snakemake --cores 4 --forcerun derive {dataset.folder / 'index.csv'}"
    if like.summary["content"] != recorded["content"]:
        raise UserError(
            f"{dataset.folder}: it was derived from other images than {like.folder} holds. {again}"
        )
    evaluated = np.flatnonzero(like.splits != "train")
    matching = len(rows) == len(dataset.ids) and np.array_equal(
        rows[dataset.splits != "train"], evaluated
    )
    if not matching or not np.array_equal(like.ids[rows], dataset.ids):
        raise UserError(
            f"{dataset.folder}: {LIKE_ROWS} does not lead to the rows of index.csv. {again}"
        )
    return replace(dataset, like=like, like_rows=rows)
