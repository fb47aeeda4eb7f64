"""The training rows of a derived dataset, sampled from a prepared one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.data.store import PreparedDataset
from transfer.errors import UserError


def sampled_rows(sample: Mapping[str, Any], other: PreparedDataset) -> np.ndarray:
    """Training rows of the other dataset in the order of a sample, int64, with repetitions.

    `sample` is a derived dataset's: `rows` lists them, `weights`, `size` and `seed` draw them.
    Raises UserError for an invalid sample.
    """
    if "rows" in sample:
        return listed_rows(Path(sample["rows"]), other)
    return drawn_rows(Path(sample["weights"]), sample["size"], sample["seed"], other)


def listed_rows(path: Path, other: PreparedDataset) -> np.ndarray:
    """Read the rows listed in a CSV by column `row`, counted from 0, or by column `id`.

    Raises UserError naming the line of an unknown row or id, of an id shared by several rows, and
    of an image that is not a training image.
    """
    table = _read(path)
    if ("row" in table) == ("id" in table):
        raise UserError(f"{path}: needs a column 'row' or 'id'; it has {', '.join(table)}")
    if not len(table):
        raise UserError(f"{path}: lists no image")
    name = other.folder.name
    if "row" in table:
        cells = table["row"]
        known = {str(row): [row] for row in range(len(other.ids))}
        missing = f"{name} has rows 0 to {len(other.ids) - 1}"
    else:
        cells, known, missing = table["id"], {}, f"{name} has no such image"
        for row, id in enumerate(other.ids):
            known.setdefault(id, []).append(row)
    found = np.empty(len(cells), dtype=np.int64)
    for n, cell in enumerate(cells):
        where = f"{path}: line {n + 2}: {cells.name} '{cell}'"
        rows = known.get(cell, [])
        if not rows:
            raise UserError(f"{where}: {missing}")
        if len(rows) > 1:
            raise UserError(f"{where}: {len(rows)} rows of {name} share it; use a column 'row'")
        if (split := other.splits[rows[0]]) != "train":
            raise UserError(f"{where}: a {split} image of {name}; only its training images count")
        found[n] = rows[0]
    return found


def drawn_rows(path: Path, size: int, seed: int, other: PreparedDataset) -> np.ndarray:
    """Draw `size` training rows with replacement, proportionally to the weight of their class.

    The CSV has the columns `class`, a name, and `weight`, 0 or more; a class that it does not list
    has weight 0. With importance weights it is the sample of Ngiam et al. 2018, Section 4.1. The
    generator is numpy's legacy one, whose stream is guaranteed to stay the same. Raises UserError
    naming the line of an unknown class, or of one with a weight but no training image.
    """
    if other.labels.ndim != 1:
        raise UserError(f"{path}: weights of classes need one label per image")
    table = _read(path)
    if not {"class", "weight"} <= set(table):
        raise UserError(f"{path}: needs the columns 'class' and 'weight'")
    train = other.rows("train")
    labels = other.labels[train]
    sizes = np.bincount(labels, minlength=len(other.classes))
    numbers = {name: number for number, name in enumerate(other.classes)}
    weights = np.zeros(len(other.classes))
    for n, (name, text) in enumerate(zip(table["class"], table["weight"], strict=True)):
        where = f"{path}: line {n + 2}: class '{name}'"
        if name not in numbers:
            raise UserError(f"{where}: {other.folder.name} has no such class")
        weight = _weight(text, where)
        if weight and not sizes[numbers[name]]:
            raise UserError(f"{where}: has weight {text} and no training image")
        weights[numbers[name]] = weight
    if not weights.any():
        raise UserError(f"{path}: no class has a weight above 0")
    chances = weights[labels]
    return np.random.RandomState(seed).choice(train, size, p=chances / chances.sum())


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = np.nan
    if not 0 <= weight < np.inf:
        raise UserError(f"{where}: weight '{text}' is not a number of at least 0")
    return weight


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; the sample of a derived dataset names it") from None
    except ValueError as error:
        raise UserError(f"{path}: not a CSV ({error})") from None
