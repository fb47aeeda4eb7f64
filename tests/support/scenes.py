"""Drawn scenes with fine detail, for comparisons of pixels."""

import numpy as np
from PIL import Image, ImageDraw


def picture(height, width, seed):
    """A drawn scene with fine detail and noise, uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), (90, 120, 160))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = rng.integers(0, width), rng.integers(0, height), rng.integers(2, 30)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.integers(0, 256, 3).tolist()))
    noisy = np.asarray(image).astype(int) + rng.integers(-20, 20, (height, width, 3))
    return noisy.clip(0, 255).astype(np.uint8)
