"""Which files a person must still place before a distance can be computed."""

import pytest
from stand_in_tables import a_dataset

from transfer.data.source.by_hand import to_place

BLOCK = {
    "source": {
        "homepage": "https://example.org",
        "kind": "by_hand",
        "files": [{"name": "a.tgz"}, {"name": "b.tgz"}, {"name": "c.tgz", "kind": "http"}],
    }
}


@pytest.fixture
def asked(tmp_path):
    def ask(source="originals", folders=()):
        return to_place(a_dataset("cars", BLOCK), source, folders, tmp_path)

    return ask


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_files_that_are_fetched_or_there_are_not_to_be_placed(asked, tmp_path):
    assert asked() == ("a.tgz", "b.tgz")
    make(tmp_path / "resources/downloads/cars/a.tgz")
    assert asked() == ("b.tgz",)
    make(tmp_path / "resources/downloads/cars/b.tgz")
    assert asked() == ()


def test_a_folder_of_originals_stands_for_the_files(asked):
    assert asked(folders={"cars": "/data/cars"}) == ()
    assert asked(folders={"imagenet": "/data/imagenet"}) == ("a.tgz", "b.tgz")


def test_files_deleted_after_their_use_are_not_asked_for_again(asked, tmp_path):
    """A store is enough where stores are compared; originals are read from the files."""
    make(tmp_path / "results/data/cars/index.csv")
    assert asked("store") == ()
    assert asked("originals") == ("a.tgz", "b.tgz")
    make(tmp_path / "results/fid/statistics/cars.npz")
    assert asked("originals") == ()
