"""Reading and preparing a dataset of the table from archives that a test made."""

from pathlib import Path

from transfer.data.dataset import dataset_of
from transfer.data.expected_splits import expected_splits, published_splits
from transfer.data.layouts import read_layout
from transfer.data.prepare import prepare_dataset
from transfer.data.store import open_dataset
from transfer.validation import read_yaml

BLOCKS = read_yaml(Path(__file__).parents[2] / "config" / "datasets.yaml", "datasets")


def listing(name, folder, tmp_path, **options):
    """What the layout of dataset `name` finds in `folder`; its archives unpack into tmp_path."""
    scratch = tmp_path / f"scratch{len(list(tmp_path.iterdir()))}"
    scratch.mkdir()
    layout = {**BLOCKS[name]["layout"], **options}
    found = read_layout(folder, scratch, layout)
    # As the checks of a study expect it before there is a file.
    expected = published_splits(layout)
    if expected is not None:
        assert {sample.split for sample in found.samples if sample.split} == set(expected)
    return found


def prepared(name, folder, tmp_path, workers=1):
    """Dataset `name`, prepared from the files in `folder` and opened."""
    dataset = dataset_of(name, BLOCKS[name])
    prepare_dataset(dataset, folder, tmp_path / "out" / name, workers=workers)
    prepared = open_dataset(tmp_path / "out" / name)
    expected = expected_splits(dataset)
    if expected is not None:
        assert set(prepared.splits) == set(expected)
    return prepared
