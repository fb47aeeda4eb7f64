"""The operations of RandAugment and AugMix on a batch, each image with a magnitude of its own.

They compute what torchvision's `functional` computes on one uint8 image, including its rounding.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import grid_sample

from transfer.training.batches import to_device


@dataclass(frozen=True)
class Sampling:
    """How moved images are resampled: `interpolation` nearest or bilinear, `fill` a grey level."""

    interpolation: str = "nearest"
    fill: int = 0


# Images are uint8 `(n, 3, height, width)`, magnitudes float64 `(n,)` on the CPU.
Operation = Callable[[torch.Tensor, torch.Tensor, Sampling], torch.Tensor]


def per_image(values: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Values `(n,)` on the images' device, float32, so that they broadcast over the images."""
    return to_device(values.float(), images.device).view(-1, 1, 1, 1)


def move(images: torch.Tensor, matrices: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Take each pixel from where its image's matrix `(n, 2, 3)` says.

    The matrices map output to input coordinates, in pixels from the centre of the image.
    """
    n, _, height, width = images.shape
    device = images.device
    half = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    theta = to_device((matrices.transpose(1, 2) / half).float(), device)
    grid = torch.ones(height, width, 3, device=device)
    grid[..., 0] = torch.linspace((1 - width) / 2, (width - 1) / 2, width, device=device)
    y = torch.linspace((1 - height) / 2, (height - 1) / 2, height, device=device)
    grid[..., 1] = y[:, None]
    where = grid.view(1, -1, 3).expand(n, -1, -1).bmm(theta).view(n, height, width, 2)
    # Outside there are zeros: relative to them, the fill is taken off and put back.
    moved = grid_sample(
        images.float() - sampling.fill,
        where,
        mode=sampling.interpolation,
        padding_mode="zeros",
        align_corners=False,
    )
    return (moved + sampling.fill).round_().to(torch.uint8)


def _identities(n: int) -> torch.Tensor:
    return torch.eye(2, 3, dtype=torch.float64).repeat(n, 1, 1)


def shear_x(images: torch.Tensor, shear: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Shift each row by `shear` times its distance from the top."""
    matrices = _identities(len(images))
    matrices[:, 0, 1], matrices[:, 0, 2] = shear, shear * images.shape[2] / 2
    return move(images, matrices, sampling)


def shear_y(images: torch.Tensor, shear: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Shift each column by `shear` times its distance from the left."""
    matrices = _identities(len(images))
    matrices[:, 1, 0], matrices[:, 1, 2] = shear, shear * images.shape[3] / 2
    return move(images, matrices, sampling)


def translate_x(images: torch.Tensor, pixels: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Move to the right by `pixels`, without their fraction."""
    matrices = _identities(len(images))
    matrices[:, 0, 2] = -pixels.trunc()
    return move(images, matrices, sampling)


def translate_y(images: torch.Tensor, pixels: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Move down by `pixels`, without their fraction."""
    matrices = _identities(len(images))
    matrices[:, 1, 2] = -pixels.trunc()
    return move(images, matrices, sampling)


def rotate(images: torch.Tensor, degrees: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Rotate about the centre, counter-clockwise."""
    matrices = _identities(len(images))
    angle = degrees.deg2rad()
    matrices[:, 0, 0] = matrices[:, 1, 1] = angle.cos()
    matrices[:, 0, 1], matrices[:, 1, 0] = -angle.sin(), angle.sin()
    return move(images, matrices, sampling)


def _blend(images: torch.Tensor, other: torch.Tensor, magnitude: torch.Tensor) -> torch.Tensor:
    """The images at `1 + magnitude`, an image without what is enhanced at minus that."""
    kept, taken = per_image(1 + magnitude, images), per_image(-magnitude, images)
    # A fused multiply-add, as in torchvision: what is cut off afterwards is then the same.
    return (images * kept).addcmul_(other, taken).clamp_(0, 255).to(torch.uint8)


def _grey(images: torch.Tensor) -> torch.Tensor:
    """Whole grey levels as float32 `(n, 1, height, width)`."""
    red, green, blue = images.float().split(1, dim=1)
    return (red * 0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114).floor_()


def brightness(images: torch.Tensor, magnitude: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Multiply grey levels by `1 + magnitude`."""
    return (images * per_image(1 + magnitude, images)).clamp_(0, 255).to(torch.uint8)


def color(images: torch.Tensor, magnitude: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Blend with the grey image."""
    return _blend(images, _grey(images), magnitude)


def contrast(images: torch.Tensor, magnitude: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Blend with the mean grey level."""
    return _blend(images, _grey(images).mean(dim=(1, 2, 3), keepdim=True), magnitude)


def sharpness(images: torch.Tensor, magnitude: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Blend with the smoothed image; the outermost pixels stay."""
    levels = images.float()
    rows = levels[..., :-2, :] + levels[..., 1:-1, :] + levels[..., 2:, :]
    centre = levels[..., 1:-1, 1:-1]
    # Whole numbers below 2^24: the sum is exact, in whatever order.
    smooth = (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] + 4 * centre).div_(13).round_()
    taken = per_image(-magnitude, images)
    levels[..., 1:-1, 1:-1] = centre + (smooth - centre) * taken
    return levels.clamp_(0, 255).to(torch.uint8)


def posterize(images: torch.Tensor, bits: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Keep the upper `bits` of each level."""
    masks = 256 - 2 ** (8 - bits.long())
    return images & to_device(masks.to(torch.uint8), images.device).view(-1, 1, 1, 1)


def solarize(images: torch.Tensor, threshold: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Invert the levels from `threshold` on."""
    return torch.where(images >= per_image(threshold, images), 255 - images, images)


def autocontrast(images: torch.Tensor, unused: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Stretch each channel to the levels from 0 to 255."""
    from torchvision.transforms.v2 import functional

    return functional.autocontrast_image(images)


def equalize(images: torch.Tensor, unused: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Give the levels of each channel equal shares of the pixels."""
    from torchvision.transforms.v2 import functional

    return functional.equalize_image(images)


OPERATIONS: dict[str, Operation] = {
    "ShearX": shear_x,
    "ShearY": shear_y,
    "TranslateX": translate_x,
    "TranslateY": translate_y,
    "Rotate": rotate,
    "Brightness": brightness,
    "Color": color,
    "Contrast": contrast,
    "Sharpness": sharpness,
    "Posterize": posterize,
    "Solarize": solarize,
    "AutoContrast": autocontrast,
    "Equalize": equalize,
}
NAMES = tuple(OPERATIONS)
# In place of the number of an operation.
IDENTITY = -1


@dataclass(frozen=True)
class Chain:
    """Operations to apply one after another to each of `n` images.

    `operations` int64 `(length, n)` are positions in NAMES, or IDENTITY; `magnitudes`, float64, are
    as each operation takes them. Both are on the CPU, so that nothing waits for the device.
    """

    operations: torch.Tensor
    magnitudes: torch.Tensor


def apply_chain(images: torch.Tensor, chain: Chain, sampling: Sampling) -> torch.Tensor:
    """Apply a chain to images, uint8 `(n, 3, height, width)`; they are not modified.

    Images that get the same operation are computed together.
    """
    images = images.clone()
    for operations, magnitudes in zip(chain.operations, chain.magnitudes, strict=True):
        for number in operations.unique().tolist():
            if number == IDENTITY:
                continue
            rows = (operations == number).nonzero()[:, 0]
            there = to_device(rows, images.device)
            changed = OPERATIONS[NAMES[number]](images[there], magnitudes[rows], sampling)
            images[there] = changed
    return images
