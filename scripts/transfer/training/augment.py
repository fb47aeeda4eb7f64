"""Random resized crops and flips of a whole batch, on the training device.

An antialiased resize of an axis-aligned box is linear and separable: weights for the rows times
the image times weights for the columns. With one matrix of triangle-filter weights per image,
crop, resize and flip are two batched matrix products.
"""

import math
from dataclasses import dataclass

import torch

from transfer.training.batches import to_device

ATTEMPTS = 10
# Maximum number of float pixels: images are resized in groups below this size.
GROUP_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Boxes:
    """Boxes to crop from the images of a batch, and flips.

    `top`, `left`, `height`, `width` are float32 `(batch,)` containing whole pixels;
    `flip_horizontal` and `flip_vertical` are bool `(batch,)`.
    """

    top: torch.Tensor
    left: torch.Tensor
    height: torch.Tensor
    width: torch.Tensor
    flip_horizontal: torch.Tensor
    flip_vertical: torch.Tensor

    def to(self, device: torch.device) -> "Boxes":
        """Copy the boxes to a device asynchronously."""
        return Boxes(*(to_device(t, device) for t in vars(self).values()))


def draw_boxes(
    sizes: torch.Tensor,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    flips: tuple[bool, bool],
    generator: torch.Generator,
) -> Boxes:
    """Draw boxes with the distribution of torchvision's RandomResizedCrop, and fair flips.

    `sizes` is `(batch, 2)`, height and width in pixels, on the CPU; `flips` enables horizontal and
    vertical flips. Of ten attempts per image (area uniform in `scale`, log aspect ratio uniform in
    `ratio`, rounded to pixels), the first that fits is placed uniformly; if none fits, the largest
    central box within `ratio` is used, as in torchvision.
    """
    height, width = (sizes[:, k : k + 1].double() for k in (0, 1))
    draws = torch.rand(2, len(sizes), ATTEMPTS, generator=generator, dtype=torch.float64)
    places = torch.rand(2, len(sizes), generator=generator, dtype=torch.float64)
    coins = torch.rand(2, len(sizes), generator=generator) < 0.5
    area = height * width * (scale[0] + draws[0] * (scale[1] - scale[0]))
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = torch.exp(low + draws[1] * (high - low))
    w = torch.round(torch.sqrt(area * aspect))
    h = torch.round(torch.sqrt(area / aspect))
    fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
    first = fits.double().argmax(dim=1, keepdim=True)
    h, w, fitted = h.gather(1, first)[:, 0], w.gather(1, first)[:, 0], fits.any(dim=1)
    height, width = height[:, 0], width[:, 0]
    central_h = torch.minimum(height, torch.round(width / ratio[0]))
    central_w = torch.minimum(width, torch.round(height * ratio[1]))
    h, w = torch.where(fitted, h, central_h), torch.where(fitted, w, central_w)
    top = torch.where(fitted, (places[0] * (height - h + 1)).floor(), ((height - h) / 2).floor())
    left = torch.where(fitted, (places[1] * (width - w + 1)).floor(), ((width - w) / 2).floor())
    horizontal, vertical = (coin & on for coin, on in zip(coins, flips, strict=True))
    return Boxes(top.float(), left.float(), h.float(), w.float(), horizontal, vertical)


def resize_weights(
    start: torch.Tensor, length: torch.Tensor, flip: torch.Tensor, size: int, extent: int
) -> torch.Tensor:
    """Triangle-filter weights, float32 `(batch, size, extent)`, of one axis of each image.

    They shrink (with antialiasing) or enlarge `length` pixels from `start` to `size` pixels, and
    equal those of torchvision's antialiased bilinear resize of the cropped box; rows sum to one.
    """
    scale = (length / size)[:, None, None]
    output = torch.arange(size, device=start.device, dtype=torch.float32)[None, :, None]
    output = torch.where(flip[:, None, None], size - 1 - output, output)
    pixel = torch.arange(extent, device=start.device, dtype=torch.float32)[None, None, :]
    offset = pixel - start[:, None, None]
    distance = (offset + 0.5 - scale * (output + 0.5)).abs()
    weights = (1 - distance / scale.clamp(min=1)).clamp(min=0)
    inside = (offset >= 0) & (offset < length[:, None, None])
    weights = weights * inside
    return weights / weights.sum(dim=2, keepdim=True)


def crop_and_resize(images: torch.Tensor, boxes: Boxes, size: int) -> torch.Tensor:
    """Crop and resize `images`, uint8 `(batch, height, width, 3)`, to `(batch, size, size, 3)`.

    Smaller images may occupy the upper left corner of a larger frame: pixels outside a box are not
    read. The result contains unrounded grey levels from 0 to 255, in half precision on a GPU (which
    represents grey levels exactly; sums are accumulated in float32) and in float32 elsewhere.
    """
    dtype = torch.float16 if images.is_cuda else torch.float32
    n, height, width, channels = images.shape
    row_weights = resize_weights(boxes.top, boxes.height, boxes.flip_vertical, size, height)
    column_weights = resize_weights(boxes.left, boxes.width, boxes.flip_horizontal, size, width)
    bytes_each = height * width * channels * torch.finfo(dtype).bits // 8
    group = max(1, GROUP_BYTES // bytes_each)
    resized = images.new_empty((n, size, size, channels), dtype=dtype)
    for start in range(0, n, group):
        part = slice(start, start + group)
        pixels = images[part].to(dtype).reshape(-1, height, width * channels)
        rows = torch.bmm(row_weights[part].to(dtype), pixels)
        rows = (
            rows.view(-1, size, width, channels).transpose(1, 2).reshape(-1, width, size * channels)
        )
        both = torch.bmm(column_weights[part].to(dtype), rows)
        resized[part] = both.view(-1, size, size, channels).transpose(1, 2)
    return resized


def normalise(
    images: torch.Tensor, mean: torch.Tensor, std: torch.Tensor, channel_order: str
) -> torch.Tensor:
    """Convert grey levels `(batch, height, width, 3)` to a network's float32 input, channels last.

    `mean` and `std` are in [0, 1], one per channel in the order that the network receives: with
    `channel_order` bgr, the first values, meant for red, are applied to blue.
    """
    if channel_order == "bgr":
        images = images.flip(3)
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)
