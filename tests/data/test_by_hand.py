"""Files that must be placed by hand before a distance can be computed."""

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
    def ask():
        made = [tmp_path / "index.csv", tmp_path / "cars.npz"]
        return to_place(a_dataset("cars", BLOCK), tmp_path / "downloads", made)

    return ask


def make(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_files_that_are_fetched_or_there_are_not_to_be_placed(asked, tmp_path):
    assert asked() == ("a.tgz", "b.tgz")
    make(tmp_path / "downloads/a.tgz")
    assert asked() == ("b.tgz",)
    make(tmp_path / "downloads/b.tgz")
    assert asked() == ()


def test_files_deleted_after_their_use_are_not_asked_for_again(asked, tmp_path):
    make(tmp_path / "index.csv")
    assert asked() == ("a.tgz", "b.tgz")
    make(tmp_path / "cars.npz")
    assert asked() == ()
