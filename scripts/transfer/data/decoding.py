"""Decode image files to RGB, shrink them, and create evaluation images."""

import io
import math
import warnings

import numpy as np
from PIL import Image, UnidentifiedImageError

_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageError(Exception):
    """An image cannot be read; the message says why. Preparation collects these errors."""


def decode(data: bytes) -> Image.Image:
    """Decode the content of an image file to an upright, full-size RGB image.

    Greyscale and palette images are converted to RGB; 16 bits are scaled to 8 (65535 becomes 255),
    not clipped; transparent pixels are composited on white; CMYK is converted without a colour
    profile; the EXIF orientation is applied. Raises ImageError for a damaged or truncated file, a
    file that is not an image, one above Pillow's limit of 179 million pixels (a decompression
    bomb), and pixels without a defined range (float, 32 bits).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image: Image.Image = Image.open(io.BytesIO(data))
            except UnidentifiedImageError:
                raise ImageError("not a readable image (no known format)") from None
            image.load()
            orientation = _orientation(image)
            image = to_rgb(image)
    except ImageError:
        raise
    except MemoryError:
        raise
    # For a damaged file, Pillow's decoders may raise almost any kind of exception.
    except Exception as error:
        raise ImageError(f"not a readable image ({error or type(error).__name__})") from None
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_EXIF_ORIENTATION, 1)
    # Photographs with broken EXIF blocks are common; their pixels are intact.
    except Exception:
        return 1


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any Pillow mode to RGB as in `decode`; ImageError for `F` and wide `I` pixels."""
    if image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if image.mode == "F":
        raise ImageError("floating point pixels have no defined range")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(pixels: np.ndarray) -> np.ndarray:
    if pixels.size and (pixels.min() < 0 or pixels.max() > 65535):
        raise ImageError("32-bit pixels have no defined range")
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def needed_short_side(size: int, area: float = 0.65, aspect: float = 3 / 4) -> int:
    """Short side in pixels for which random crops resized to `size` px are never enlarged.

    The narrowest crop of a square image has `sqrt(area x aspect)` of its side; the result is
    rounded up to a multiple of 8. Crops of 65 % of the area (fang2023, Appendix D) need 368 for
    256 px and 736 for 512 px.
    """
    return 8 * math.ceil(size / math.sqrt(area * aspect) / 8)


def shrink(image: Image.Image, short_side: int | str) -> Image.Image:
    """Shrink the image to a shorter side of `short_side` pixels, with antialiased Lanczos.

    Smaller images are not enlarged; `original` leaves every image unchanged.
    """
    shorter = min(image.size)
    if short_side == "original" or shorter <= int(short_side):
        return image
    scale = int(short_side) / shorter
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def evaluation_image(image: Image.Image, size: int) -> Image.Image:
    """Reproduce torchvision's `Resize(size)` and `CenterCrop(size)` of a Pillow image exactly.

    Bilinear and antialiased; as in torchvision, the longer side is rounded down and the corner of
    the crop rounded half to even. Smaller images are enlarged (fang2023, Appendix D).
    """
    width, height = image.size
    shorter, longer = sorted(image.size)
    scaled = int(size * longer / shorter)
    width, height = (size, scaled) if width <= height else (scaled, size)
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))
