"""A prepared dataset whose parts do not belong together is rejected when opened."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from prepared_dataset import write_dataset

from transfer.data.store import open_dataset
from transfer.errors import UserError

STORE = "store_original"


def cut(folder: Path) -> None:
    path = folder / STORE / "images.bin"
    path.write_bytes(path.read_bytes()[:-1])


def lengthened(folder: Path) -> None:
    with (folder / STORE / "images.bin").open("ab") as file:
        file.write(b"\0")


def fewer_images(folder: Path) -> None:
    """A store of one image less, in itself whole."""
    path = folder / STORE / "offsets.npy"
    offsets = np.load(path)[:-1]
    np.save(path, offsets)
    pixels = folder / STORE / "images.bin"
    pixels.write_bytes(pixels.read_bytes()[: offsets[-1]])


def longer_index(folder: Path) -> None:
    with (folder / "index.csv").open("a") as file:
        file.write("one more,0,test\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "squares")


def test_a_whole_one_is_opened(folder: Path) -> None:
    dataset = open_dataset(folder, "original")
    assert len(dataset.ids) == 82 and dataset.image(81).size == np.diff(dataset.offsets)[81]


@pytest.mark.parametrize("damage", [cut, lengthened, fewer_images, longer_index])
def test_one_of_another_size_is_refused(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with pytest.raises(UserError, match=r"store has 8\d images .* the index 8\d images") as error:
        open_dataset(folder, "original")
    assert str(folder / STORE) in str(error.value) and "prepare" in str(error.value)
