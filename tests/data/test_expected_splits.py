"""Expected splits of a dataset compared with those that preparation produces."""

from pathlib import Path

import pytest
from stand_in_tables import a_dataset

from transfer.data.arrays import ArrayImage
from transfer.data.dataset import read_datasets
from transfer.data.expected_splits import expected_splits
from transfer.data.layouts import KINDS
from transfer.data.samples import Sample
from transfer.data.splits import METHODS, split_samples

OPTIONS = {
    "per_class": {"seed": 0, "fraction": 0.2},
    "folds": {"seed": 0, "fraction": 0.8},
    "random": {"seed": 0, "fraction": 0.2},
    "grouped": {"seed": 0, "fraction": 0.2},
    "per_class_count": {"seed": 0, "count": 10},
    "listed": {},
    "none": {},
}
# What stands for the files of each: a layout and the splits of its samples.
LAYOUTS = {"aircraft": ("train", "val", "test"), "pets": ("train", "test")}
CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    "holdout",
    [None, {"fraction": 0.2}, *({"fraction": 0.2, "reported": split} for split in ("val", "test"))],
)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", METHODS)
def test_whatever_the_method(method, layout, holdout):
    splits = LAYOUTS[layout]
    samples = [
        Sample(str(n), (n % 2,), ArrayImage(str(n), "", n), splits[n % len(splits)], ("", n % 5))
        for n in range(60)
    ]
    split = {"method": method, **OPTIONS[method]} | ({"holdout": holdout} if holdout else {})
    block = {"layout": {"kind": layout}, "split": split}
    drawn = split_samples(samples, split)
    assert {sample.split for sample in drawn} == set(expected_splits(a_dataset(block=block)))


def test_only_files_of_ones_own_are_left_to_preparation():
    datasets = read_datasets(CONFIG / "datasets.yaml")
    assert all(expected_splits(dataset) for dataset in datasets.values())
    listed = {"split": {"method": "listed"}}
    unknown = {
        kind
        for kind in KINDS
        if expected_splits(a_dataset(layout={"kind": kind}, **listed)) is None
    }
    assert unknown == {"folders"}
    own = {"kind": "csv", "path": "own.csv", "split": "part"}
    assert expected_splits(a_dataset(layout=own, **listed)) is None


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        (("Training/cat", "Testing/cat"), ("train", "test")),
        (("all/seg_train/cat", "all/seg_test/cat", "all/dev/cat"), ("train", "val", "test")),
        (("cat/left", "dog/left"), None),
        (("train/cat", "bus/cat"), None),
        (("train/cat",), None),
    ],
)
def test_folders_on_this_disk_say_their_splits(tmp_path, folders, splits):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1.png").write_bytes(b"")
    layout = {"kind": "folders", "path": str(tmp_path)}
    dataset = a_dataset(layout=layout, split={"method": "listed"})
    assert expected_splits(dataset) == splits
    held = a_dataset(layout=layout, split={"method": "listed", "holdout": {"fraction": 0.2}})
    assert expected_splits(held) == (splits and ("train", "val", "test"))


def test_a_table_on_this_disk_says_its_splits(tmp_path):
    (tmp_path / "own.csv").write_text("path;label;part\n1.png;a;Training\n2.png;b;EVAL\n")
    layout = {"kind": "table", "path": str(tmp_path / "own.csv"), "split": "part"}
    assert expected_splits(a_dataset(layout=layout, split={"method": "listed"})) == (
        "train",
        "test",
    )
    (tmp_path / "own.csv").write_text("path,label\n")
    assert expected_splits(a_dataset(layout=layout, split={"method": "listed"})) is None
