"""Batched crops against torchvision: the same pixels for a box, the same boxes in distribution."""

import numpy as np
import pytest
import torch
from scenes import picture
from scipy import stats
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2 import functional as F

from transfer.training.augment import Boxes, crop_and_resize, draw_boxes, normalise

SCALE, RATIO = (0.65, 1.0), (3 / 4, 4 / 3)


@pytest.mark.parametrize("size", [24, 64, 200])
def test_pixels_agree_with_torchvision_for_the_same_box(size):
    pictures = [picture(90, 131, 1), picture(120, 100, 2), picture(60, 60, 3), picture(64, 200, 4)]
    height, width = max(p.shape[0] for p in pictures), max(p.shape[1] for p in pictures)
    frames = torch.full((len(pictures), height, width, 3), 255, dtype=torch.uint8)
    for frame, image in zip(frames, pictures, strict=True):
        frame[: image.shape[0], : image.shape[1]] = torch.from_numpy(image)
    boxes = [(3, 7, 80, 99), (0, 0, 120, 100), (10, 12, 49, 46), (5, 20, 50, 66)]
    flips = [(False, False), (True, False), (False, True), (True, True)]
    columns = torch.tensor(boxes, dtype=torch.float32).T
    ours = crop_and_resize(frames, Boxes(*columns, *torch.tensor(flips).T), size)
    for image, box, (horizontal, vertical), result in zip(
        pictures, boxes, flips, ours, strict=True
    ):
        expected = F.resized_crop(
            torch.from_numpy(image).permute(2, 0, 1), *box, [size, size], antialias=True
        )
        expected = F.horizontal_flip(expected) if horizontal else expected
        expected = F.vertical_flip(expected) if vertical else expected
        difference = (result.permute(2, 0, 1) - expected.float()).abs()
        assert difference.mean() < 0.5
        assert difference.max() < 2


def test_groups_change_nothing(monkeypatch):
    frames = torch.randint(0, 256, (5, 40, 50, 3), dtype=torch.uint8)
    sizes = torch.tensor([[40, 50]] * 5)
    boxes = draw_boxes(sizes, SCALE, RATIO, (True, True), torch.Generator().manual_seed(0))
    whole = crop_and_resize(frames, boxes, 16)
    monkeypatch.setattr("transfer.training.augment.GROUP_BYTES", 2 * 40 * 50 * 3 * 4)
    torch.testing.assert_close(crop_and_resize(frames, boxes, 16), whole, rtol=0, atol=1e-3)


@pytest.mark.parametrize("shape", [(368, 490), (64, 64), (50, 333), (8, 8)])
def test_boxes_follow_torchvisions_distribution(shape):
    n = 1000
    drawn = draw_boxes(
        torch.tensor([shape] * n), SCALE, RATIO, (True, False), torch.Generator().manual_seed(1)
    )
    ours = torch.stack([drawn.top, drawn.left, drawn.height, drawn.width]).double().numpy()
    image = torch.empty(3, *shape)
    with torch.random.fork_rng():
        torch.manual_seed(2)
        theirs = np.array([RandomResizedCrop.get_params(image, SCALE, RATIO) for _ in range(n)]).T
    for a, b in zip(ours, theirs, strict=True):
        assert stats.ks_2samp(a, b).pvalue > 1e-3
    for a, b in zip(
        (ours[2] * ours[3], ours[3] / ours[2], ours[0] + ours[2]),
        (theirs[2] * theirs[3], theirs[3] / theirs[2], theirs[0] + theirs[2]),
        strict=True,
    ):
        assert stats.ks_2samp(a, b).pvalue > 1e-3
    assert (ours[0] >= 0).all() and (ours[0] + ours[2] <= shape[0]).all()
    assert (ours[1] >= 0).all() and (ours[1] + ours[3] <= shape[1]).all()
    assert 0.45 < drawn.flip_horizontal.float().mean() < 0.55
    assert not drawn.flip_vertical.any()


@pytest.mark.parametrize("shape", [(20, 400), (400, 20), (21, 28)])
def test_an_image_that_no_box_fits_gets_torchvisions_central_box(shape):
    ratio = (3 / 4, 4 / 3)
    drawn = draw_boxes(
        torch.tensor([shape]), (1.0, 1.0), ratio, (False, False), torch.Generator().manual_seed(0)
    )
    # In 21 x 28 a box does fit now and then; not in the ten that torchvision draws from this seed.
    torch.manual_seed(0)
    expected = RandomResizedCrop.get_params(torch.empty(3, *shape), (1.0, 1.0), ratio)
    assert (drawn.top, drawn.left, drawn.height, drawn.width) == expected


def test_bgr_swaps_the_channels_but_not_the_statistics():
    image = torch.tensor([255.0, 0.0, 51.0]).view(1, 1, 1, 3)
    mean, std = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([1.0, 2.0, 4.0])
    rgb = normalise(image, mean, std, "rgb").flatten()
    bgr = normalise(image, mean, std, "bgr").flatten()
    torch.testing.assert_close(rgb, torch.tensor([0.9, -0.1, -0.025]))
    torch.testing.assert_close(bgr, torch.tensor([0.1, -0.1, 0.175]))
