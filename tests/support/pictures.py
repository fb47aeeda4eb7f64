"""Image files of realistic size, generated quickly: a dozen images, each file with unique bytes."""

import zlib
from functools import cache

import numpy as np
import stand_ins
from PIL import Image

# A prime, so that no two runs of images hold the same pictures in the same order.
DISTINCT = 13


def _picture(number: int) -> Image.Image:
    """A smooth RGB picture, 380 to 500 pixels a side, whose file has some 50 kB."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (24, 30, 3), dtype=np.uint8)
    size = (420 + 6 * number, 380 + 9 * (number % 5))
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


@cache
def _encoded(number: int, kind: str) -> bytes:
    picture = _picture(number)
    if kind == "GREY":
        return stand_ins.encoded(picture.convert("L").resize((384, 384)), "PNG")
    return stand_ins.encoded(picture, kind, **({"quality": 95} if kind == "JPEG" else {}))


def jpeg(number: int) -> bytes:
    """A JPEG, made unlike all others by a comment of its own length."""
    data = _encoded(number % DISTINCT, "JPEG")
    comment = f"image {number} ".encode() * (1 + number % 7)
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return data[:2] + segment + data[2:]


def png(number: int, kind: str = "PNG") -> bytes:
    """A PNG, made unlike all others by a text of its own length before its last chunk."""
    data = _encoded(number % DISTINCT, kind)
    text = b"tEXtComment\0" + f"image {number} ".encode() * (1 + number % 7)
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    return data[:-12] + chunk + data[-12:]


def grey_png(number: int) -> bytes:
    """A greyscale PNG of 384 x 384 pixels, as microscopes give them."""
    return png(number, "GREY")
