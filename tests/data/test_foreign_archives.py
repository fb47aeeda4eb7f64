"""An archive with the right name but without the files that its layout expects."""

import pickle

import pytest
import stand_ins
from layouts import listing

from transfer.errors import UserError


def refused(dataset, tmp_path, message):
    with pytest.raises(UserError, match=message):
        listing(dataset, tmp_path / "in", tmp_path)


def test_a_category_that_the_published_splits_do_not_have(tmp_path):
    rows = {"train": [("deer", 1), ("whale", 77)], "cis_val": [("fox", 3)], "cis_test": []}
    stand_ins.make_cct20(tmp_path / "in", rows)
    refused("cct20", tmp_path, "train_annotations.json: image whale has category 77")


def test_batches_of_something_else(tmp_path):
    archive = tmp_path / "in" / "cifar-10-python.tar.gz"
    names = {"label_names": ["cat", "dog"]}
    files = {"cifar-10-batches-py/batches.meta": pickle.dumps(names)}
    for name in (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"):
        files[f"cifar-10-batches-py/{name}"] = pickle.dumps({"pictures": []})
    stand_ins.write_tar(archive, files)
    refused("cifar10", tmp_path, "data_batch_1: not a batch of CIFAR images: no data and no labels")
