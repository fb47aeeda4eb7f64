"""Derive a dataset with other training images from a prepared one, without copying images."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.prepare import replace_prepared
from transfer.data.sampled_rows import sampled_rows
from transfer.data.store import GROUPS, LIKE_ROWS, PreparedDataset, find_any_store, open_dataset
from transfer.errors import UserError
from transfer.files import write_json

# What the summary of a derived dataset has of the other's.
SHARED = (
    *("metric", "multilabel", "classes", "short_sides", "evaluation_sizes"),
    *("layout", "split", "bad_images", "left_out", "notes", "findings", "downloads", "versions"),
)


def derive_dataset(dataset: Dataset, like: Path, target: Path) -> dict[str, Any]:
    """Create the derived dataset `dataset` and return its summary.

    `like` is the folder of the prepared dataset that provides the images, `target` the folder to
    create, beside that one, replaced if it exists. Training rows are those of the sample, in its
    order and with repetitions; val and test are those of the other dataset. Raises UserError for an
    invalid sample.
    """
    assert dataset.sample is not None
    if like.absolute().parent != target.absolute().parent:
        raise UserError(
            f"{target}: a derived dataset must be beside the one that provides its images"
        )
    other = open_dataset(like, find_any_store(like))
    rows = np.concatenate([sampled_rows(dataset.sample, other), other.rows("val", "test")])
    target = target.absolute()
    work = target.with_name(f".{target.name}.preparing")
    shutil.rmtree(work, ignore_errors=True)
    (work / "dataset").mkdir(parents=True)
    try:
        summary = {
            "dataset": dataset.id,
            **{key: getattr(dataset, key) for key in ("name", "short_name")},
            **{key: other.summary[key] for key in SHARED if key in other.summary},
            **_counts(other, rows),
            "content": _content(other, rows),
            "like": {"dataset": like.name, "content": other.summary["content"]},
            "sample": dict(dataset.sample),
            # No paper prints the sizes of a sample.
            "published": None,
            "published_note": None,
            "leakage": _leakage(other, rows),
        }
        np.save(work / "dataset" / LIKE_ROWS, rows)
        write_json(work / "dataset" / "summary.json", summary)
        for name in ("index.csv", GROUPS):
            if (like / name).is_file():
                table = pd.read_csv(like / name, dtype=str, keep_default_na=False).iloc[rows]
                table.to_csv(work / "dataset" / name, index=False, lineterminator="\n")
        replace_prepared(work / "dataset", target, work / "replaced")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return summary


def _counts(other: PreparedDataset, rows: np.ndarray) -> dict[str, Any]:
    """Rows, different images and rows of each class, by split, as the other's summary has them."""
    splits = Counter(other.splits[rows].tolist())
    parts = {split: rows[other.splits[rows] == split] for split in splits}
    return {
        "counts": {split: len(part) for split, part in parts.items()},
        "distinct_images": {split: len(np.unique(part)) for split, part in parts.items()},
        "class_counts": {split: _of_classes(other, part) for split, part in parts.items()},
    }


def _of_classes(other: PreparedDataset, rows: np.ndarray) -> list[int]:
    labels = other.labels[rows]
    if labels.ndim == 2:
        return labels.sum(axis=0, dtype=np.int64).tolist()
    return np.bincount(labels, minlength=len(other.classes)).tolist()


def _leakage(other: PreparedDataset, rows: np.ndarray) -> dict[str, Any]:
    """What the other's leakage comes to among the rows taken of it."""
    path = other.folder / "leakage.csv"
    if not path.is_file():
        return {"identical_images_across_splits": 0, "rows_concerned": 0, "listed": []}
    # Its rows are the other's, with what tells equal pixels; an id is in a split once or more.
    known = pd.read_csv(path, dtype=str, keep_default_na=False).drop_duplicates()
    taken = pd.DataFrame({"id": other.ids[rows], "split": other.splits[rows]})
    concerned = taken.merge(known, on=["id", "split"])
    splits = concerned.groupby("content")["split"].nunique()
    shared = splits.index[splits > 1]
    return {
        "identical_images_across_splits": len(shared),
        "rows_concerned": int(concerned["content"].isin(shared).sum()),
        "listed": [],
    }


def _content(other: PreparedDataset, rows: np.ndarray) -> str:
    """A digest that changes with the other dataset's pixels, and with the rows taken of them."""
    digest = hashlib.sha256(json.dumps(other.summary["content"]).encode())
    digest.update(rows.tobytes())
    return digest.hexdigest()
