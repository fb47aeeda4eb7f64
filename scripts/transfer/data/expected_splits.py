"""The splits that a dataset will have once prepared, as far as config/datasets.yaml implies."""

from collections.abc import Collection, Mapping
from typing import Any

from transfer.data.dataset import Dataset
from transfer.data.splits_in_files import splits_in_files

# Splits published in the files of each layout, except for layouts of the user's own files.
PUBLISHED = {
    "aircraft": ("train", "val", "test"),
    "birdsnap": ("train", "test"),
    "caltech101": (),
    "camera_traps": ("train", "val", "test"),
    "cars": ("train", "test"),
    "cifar": ("train", "test"),
    "digits": ("train", "val", "test"),
    "dtd": ("train", "val", "test"),
    "flowers102": ("train", "val", "test"),
    "food101": ("train", "test"),
    "imagenet": ("train", "val"),
    "pets": ("train", "test"),
    "protein_atlas": ("train", "val", "test"),
    "sun397": ("train", "test"),
    "voc": ("train", "val", "test"),
}
DRAWN = {
    "per_class": ("train", "val"),
    "folds": ("train", "val"),
    "random": ("train", "val"),
    "grouped": ("train", "val"),
    "per_class_count": ("train", "test"),
    "none": ("train",),
}


def published_splits(layout: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The splits that a dataset's files publish, `layout` being its block's; None if unknown."""
    if layout["kind"] in ("table", "csv"):
        return splits_in_files(layout) if layout.get("split") else ()
    if layout["kind"] == "folders":
        return splits_in_files(layout)
    return PUBLISHED.get(layout["kind"])


def reported_of(holdout: Mapping[str, Any], splits: Collection[str | None]) -> str:
    """The split that a holdout keeps as test: the one it names, else test where there is one."""
    return holdout.get("reported") or ("test" if "test" in splits else "val")


def expected_splits(dataset: Dataset) -> tuple[str, ...] | None:
    """The splits that a dataset will have; None if they depend on its files."""
    split = dataset.split
    if split["method"] == "listed":
        found = published_splits(dataset.layout)
    else:
        found = DRAWN[split["method"]]
    if not found or not split.get("holdout"):
        return found
    reported = reported_of(split["holdout"], found)
    return ("train", "val", "test") if reported in found else ("train", "val")
