"""Images that are read, and their conversion to the network's input size."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fid_samples import noise_images, write_prepared
from PIL import Image
from torch.nn import functional
from torchvision.transforms.functional import to_tensor

from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.fid.images import (
    images_of_dataset,
    images_of_folder,
    resize_clean_fid,
    resize_pytorch_fid,
)


def test_reads_nested_folders_suffixes_of_any_case_and_greyscale(tmp_path: Path) -> None:
    pixels = noise_images([(30, 40)])[0]
    for name in ("b/deep/er/x.JPEG", "a.png", "b/y.Jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / name)
    Image.fromarray(pixels[:, :, 0]).save(tmp_path / "grey.png")
    (tmp_path / "notes.txt").write_text("no image")
    source = images_of_folder(tmp_path)
    assert source.files == ("a.png", "b/deep/er/x.JPEG", "b/y.Jpg", "grey.png")
    np.testing.assert_array_equal(source.image(0), pixels)
    np.testing.assert_array_equal(source.image(3), np.repeat(pixels[:, :, :1], 3, axis=2))


def test_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        images_of_folder(tmp_path / "none")
    with pytest.raises(UserError, match="no image files"):
        images_of_folder(tmp_path)
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(UserError, match=r"cut\.png: not a readable image"):
        images_of_folder(tmp_path).image(0)


def test_chooses_the_training_split_or_all(tmp_path: Path) -> None:
    images = noise_images([(5, 6), (7, 8), (9, 4)])
    write_prepared(tmp_path / "d", images, ["train", "val", "train"])
    dataset = open_dataset(tmp_path / "d", "original")
    train = images_of_dataset(dataset, "train")
    assert len(train) == 2
    np.testing.assert_array_equal(train.image(1), images[2])
    everything = images_of_dataset(dataset, "all")
    assert len(everything) == 3
    assert everything.identity() != train.identity()
    with pytest.raises(UserError, match="no images in split 'test'"):
        images_of_dataset(dataset, "test")


@pytest.mark.parametrize("size", [(64, 64), (500, 375), (299, 299), (31, 700)])
def test_pytorch_fid_resize_is_the_one_inside_its_network(size: tuple[int, int]) -> None:
    image = noise_images([size])[0]
    batch = torch.stack([to_tensor(Image.fromarray(image))] * 2)
    expected = functional.interpolate(batch, size=(299, 299), mode="bilinear", align_corners=False)
    torch.testing.assert_close(resize_pytorch_fid(image), expected[1], rtol=0, atol=1e-6)


def test_clean_fid_resize_is_antialiased_and_in_range() -> None:
    stripes = np.zeros((299 * 4, 299 * 4, 3), dtype=np.uint8)
    stripes[:, ::4] = 255
    stripes[:, 1::4] = 255
    clean, aliased = resize_clean_fid(stripes), resize_pytorch_fid(stripes)
    inside = (slice(None), slice(10, -10), slice(10, -10))
    assert (clean[inside] - 0.5).abs().max() < 0.02
    assert aliased[inside].std() < 1e-6  # Each output samples the same two stripes.
    edge = np.zeros((100, 100, 3), dtype=np.uint8)
    edge[:, 50:] = 255
    enlarged = resize_clean_fid(edge)
    assert enlarged.min() == 0
    assert enlarged.max() == 1


def test_clean_fid_resize_does_not_round_to_grey_levels() -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint8)[None, :, None], (64, 1, 3))
    levels = resize_clean_fid(ramp) * 255
    assert (levels - levels.round()).abs().max() > 0.3
