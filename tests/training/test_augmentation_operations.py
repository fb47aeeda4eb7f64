"""Each batched operation against torchvision's functional on the same image and parameter."""

import math

import pytest
import torch
from scenes import picture
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from transfer.training.operations import (
    IDENTITY,
    NAMES,
    OPERATIONS,
    Chain,
    Sampling,
    apply_chain,
)

# Signed magnitudes as the policies draw them, each for an image of the batch.
MAGNITUDES = {
    "ShearX": [0.09, -0.09, 0.3, -0.3, 0.0],
    "ShearY": [0.09, -0.09, 0.3, -0.3, 0.0],
    "TranslateX": [30.46, -30.46, 7.9, -0.7, 0.0],
    "TranslateY": [30.46, -30.46, 7.9, -0.7, 0.0],
    "Rotate": [9.0, -9.0, 30.0, -3.3, 0.0],
    "Brightness": [0.27, -0.27, 0.9, -0.9, 0.0],
    "Color": [0.27, -0.27, 0.9, -0.9, 0.0],
    "Contrast": [0.27, -0.27, 0.9, -0.9, 0.0],
    "Sharpness": [0.27, -0.27, 0.9, -0.9, 0.0],
    "Posterize": [8, 7, 4, 1, 0],
    "Solarize": [255.0, 178.5, 28.333, 0.0, 77.0],
    "AutoContrast": [0.0] * 5,
    "Equalize": [0.0] * 5,
}
# Where a pixel is taken from between two pixels, and where a blend is a whole number, float32
# arithmetic in another order may fall on the other side: of nearest pixels a few are another, of
# grey levels a few differ by one. Everything else is exact.
NEARLY = {"ShearX", "ShearY", "Rotate", "Brightness", "Color", "Contrast", "Sharpness"}


def theirs(name, image, magnitude, interpolation, fill):
    """What torchvision 0.28's `transforms.autoaugment` does for an operation."""
    moved = {"interpolation": InterpolationMode(interpolation), "fill": fill or None}
    still = {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}
    degrees = math.degrees(math.atan(magnitude))
    match name:
        case "ShearX":
            return F.affine(image, **still | {"shear": [degrees, 0.0]}, center=[0, 0], **moved)
        case "ShearY":
            return F.affine(image, **still | {"shear": [0.0, degrees]}, center=[0, 0], **moved)
        case "TranslateX":
            return F.affine(image, **still | {"translate": [int(magnitude), 0]}, **moved)
        case "TranslateY":
            return F.affine(image, **still | {"translate": [0, int(magnitude)]}, **moved)
        case "Rotate":
            return F.rotate(image, magnitude, **moved)
        case "Brightness":
            return F.adjust_brightness(image, 1 + magnitude)
        case "Color":
            return F.adjust_saturation(image, 1 + magnitude)
        case "Contrast":
            return F.adjust_contrast(image, 1 + magnitude)
        case "Sharpness":
            return F.adjust_sharpness(image, 1 + magnitude)
        case "Posterize":
            return F.posterize(image, int(magnitude))
        case "Solarize":
            return F.solarize(image, magnitude)
        case "AutoContrast":
            return F.autocontrast(image)
        case "Equalize":
            return F.equalize(image)


@pytest.fixture(scope="module")
def images():
    """Drawn scenes, one of few levels, one of a single level."""
    batch = torch.stack(
        [torch.from_numpy(picture(96, 96, seed)).permute(2, 0, 1) for seed in range(5)]
    )
    batch[3] = batch[3] // 8 + 90
    batch[4, 1:] = 77
    # As they come from the crop: channels last in memory.
    return batch.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("fill", [0, 128])
@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_torchvisions(images, name, fill):
    magnitudes = torch.tensor(MAGNITUDES[name], dtype=torch.float64)
    ours = OPERATIONS[name](images.clone(), magnitudes, Sampling("nearest", fill))
    assert ours.dtype == torch.uint8 and ours.shape == images.shape
    changed = 0.0
    for image, magnitude, result in zip(images, MAGNITUDES[name], ours, strict=True):
        expected = theirs(name, image.contiguous(), magnitude, "nearest", fill)
        apart = (result.int() - expected.int()).abs()
        if name in NEARLY:
            assert (apart > 0).float().mean() < 2e-3
            moves = name in ("ShearX", "ShearY", "Rotate")
            assert moves or apart.max() <= 1
        else:
            assert not apart.any()
        changed = max(changed, (expected != image).float().mean().item())
    assert changed > 0.1


@pytest.mark.parametrize("name", ["ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"])
def test_bilinear_moves_are_torchvisions(images, name):
    """Within one grey level: weights of neighbours differ in float32's last digits."""
    magnitudes = torch.tensor(MAGNITUDES[name], dtype=torch.float64)
    ours = OPERATIONS[name](images, magnitudes, Sampling("bilinear", 0))
    for image, magnitude, result in zip(images, MAGNITUDES[name], ours, strict=True):
        expected = theirs(name, image.contiguous(), magnitude, "bilinear", 0)
        assert (result.int() - expected.int()).abs().max() <= 1
    assert not torch.equal(ours, OPERATIONS[name](images, magnitudes, Sampling("nearest", 0))) or (
        name.startswith("Translate")
    )


def test_a_chain_gives_each_image_its_own_operations(images):
    numbers = [NAMES.index(name) for name in ("Rotate", "Posterize", "Equalize")]
    operations = torch.tensor([
        [numbers[0], numbers[1], IDENTITY, numbers[0], numbers[2]],
        [numbers[1], IDENTITY, IDENTITY, numbers[2], numbers[0]],
    ])  # fmt: skip
    magnitudes = torch.tensor([[9.0, 2, 0, -30, 0], [3, 0, 0, 0, 5]], dtype=torch.float64)
    before = images.clone()
    together = apply_chain(images, Chain(operations, magnitudes), Sampling())
    assert torch.equal(images, before)
    for i in range(5):
        alone = images[i : i + 1]
        for number, magnitude in zip(operations[:, i], magnitudes[:, i], strict=True):
            if number != IDENTITY:
                alone = OPERATIONS[NAMES[number]](alone, magnitude[None], Sampling())
        assert torch.equal(together[i : i + 1], alone)
    assert torch.equal(together[2], images[2])
