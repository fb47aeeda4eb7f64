"""Decode image files to RGB, shrink them, and create evaluation images."""

import io
import math
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image, UnidentifiedImageError

_EXIF_ORIENTATION = 0x0112
_NEW_SUBFILE_TYPE = 254
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


@dataclass(frozen=True)
class Reading:
    """How to read image files whose pixels alone do not say it.

    `value_range` are the values shown as black and white, of greyscale images of more than 8 bits.
    `page` is the one to read of a file with several, from 0. `alpha` says what is behind
    transparent pixels, `white` or `black`, or to `ignore` their transparency. Without these
    settings, a file that needs them is refused.
    """

    value_range: tuple[float, float] | None = None
    page: int | None = None
    alpha: str | None = None


def decode(data: bytes, reading: Reading | None = None) -> Image.Image:
    """Decode the content of an image file to an upright, full-size RGB image.

    Greyscale and palette images are converted to RGB; 16 bits are scaled to 8 (65535 becomes 255),
    not clipped; transparent pixels are composited on white; CMYK is converted without a colour
    profile; the EXIF orientation is applied. Raises ImageError for a damaged or truncated file, a
    file that is not an image, one above Pillow's limit of 179 million pixels (a decompression
    bomb), and pixels without a defined range (float, 32 bits).

    With a `reading`, ImageError is also raised for a file of several pages, for 16-bit pixels of
    which only 12 bits are used, and for an image that is transparent as a whole, unless it says how
    to read them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image: Image.Image = Image.open(io.BytesIO(data))
            except UnidentifiedImageError:
                raise ImageError("not a readable image (no known format)") from None
            if reading:
                _choose_page(image, reading.page)
            sixteen = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
            image.load()
            orientation = _orientation(image)
            image = _read_as(image, reading, sixteen) if reading else to_rgb(image)
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


def _choose_page(image: Image.Image, page: int | None) -> None:
    pages = getattr(image, "n_frames", 1)
    if page is not None:
        if page >= pages:
            raise ImageError(f"has {pages} pages, and `page` is {page}, counted from 0")
        image.seek(page)
    # Cameras add previews (MPO), and microscopes the same image at lower resolutions.
    elif pages > 1 and image.format != "MPO" and not _only_smaller(image, pages):
        raise ImageError(
            f"has {pages} pages: set `page: 0`, or another, under `layout`, or make files of them"
        )


def _only_smaller(image: Image.Image, pages: int) -> bool:
    """Whether all pages but the first are marked as reduced versions of another."""
    if image.format != "TIFF":
        return False
    reduced = []
    for page in range(1, pages):
        image.seek(page)
        reduced.append(bool(image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & 1))  # type: ignore[attr-defined]
    image.seek(0)
    return all(reduced)


def _read_as(image: Image.Image, reading: Reading, sixteen: bool) -> Image.Image:
    """Convert any mode to RGB as the reading says; ImageError if it has to say more."""
    if image.mode == "F" or image.mode.startswith("I"):
        return _scaled(image, reading.value_range)
    if sixteen and image.mode == "RGB" and reading.value_range is None:
        # Pillow keeps the upper 8 of the 16 bits.
        brightest = max(high for _, high in image.getextrema())  # type: ignore[misc]
        if 0 < brightest < 16:
            raise ImageError("uses 12 of its 16 bits a channel or fewer: convert it to 8 bits")
    if "A" in image.getbands() and image.mode != "CMYK":
        transparent = image.getchannel("A").getextrema()[1] == 0
        if transparent and reading.alpha is None:
            raise ImageError(
                "is transparent as a whole: set `alpha: ignore`, `white` or `black` under `layout`"
            )
        if reading.alpha == "ignore":
            return image.convert("RGBA").convert("RGB")
        if reading.alpha == "black":
            image = image.convert("RGBA")
            black = Image.new("RGBA", image.size, "black")
            return Image.alpha_composite(black, image).convert("RGB")
    return to_rgb(image)


def _scaled(image: Image.Image, value_range: tuple[float, float] | None) -> Image.Image:
    """A greyscale image of more than 8 bits as RGB, its values scaled from their range."""
    pixels = np.asarray(image)
    low, high = (pixels.min(), pixels.max()) if pixels.size else (0, 0)
    found = f"its values are {low:g} to {high:g}"
    if value_range is None:
        if image.mode == "F" or not 0 <= low <= high <= 65535:
            raise ImageError(
                f"pixels of {'floating point' if image.mode == 'F' else '32 bits'} have no defined "
                f"range, and {found}: set `value_range: [black, white]` under `layout`"
            )
        if 0 < high < 4096:
            raise ImageError(
                f"uses 12 of its 16 bits or fewer, {found}: set `value_range: [0, 4095]` under "
                "`layout`, or [0, 65535] if it is as dark as that"
            )
        return to_rgb(image)
    black, white = value_range
    if not black < white:
        raise ImageError(f"`value_range: [{black:g}, {white:g}]` is not in ascending order")
    if not black <= low <= high <= white:
        raise ImageError(f"{found}, beyond its `value_range: [{black:g}, {white:g}]`")
    scaled = (pixels.astype(np.float64) - black) * (255 / (white - black))
    return Image.fromarray(np.round(scaled).astype(np.uint8)).convert("RGB")


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
