"""Generate JPEG files with the statistics of photographs for the benchmarks."""

import io
from pathlib import Path

import numpy as np
from PIL import Image


def photograph(seed: int, width: int = 1024, height: int = 747) -> Image.Image:
    """A picture whose amplitude falls with frequency as in photographs (1/f), plus sensor noise."""
    random = np.random.default_rng(seed)
    fy = np.fft.fftfreq(height)[:, None]
    fx = np.fft.rfftfreq(width)[None, :]
    amplitude = 1 / np.maximum(np.hypot(fy, fx), 1 / max(width, height))
    layers = []
    for _ in range(3):
        phase = np.exp(2j * np.pi * random.random(amplitude.shape))
        layer = np.fft.irfft2(amplitude * phase, s=(height, width))
        layers.append((layer - layer.mean()) / layer.std())
    grey, *tints = layers
    pixels = np.stack([grey, grey + 0.3 * tints[0], grey + 0.3 * tints[1]], axis=-1) * 50 + 118
    pixels += random.normal(0, 2, pixels.shape)
    return Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8))


def write_photographs(folder: Path, n: int, distinct: int = 25, quality: int = 90) -> list[Path]:
    """`n` JPEG files of 1024 x 747 pixels, `distinct` different ones in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = []
    for seed in range(min(n, distinct)):
        buffer = io.BytesIO()
        photograph(seed).save(buffer, "JPEG", quality=quality)
        contents.append(buffer.getvalue())
    paths = [folder / f"{number:06d}.jpg" for number in range(n)]
    for number, path in enumerate(paths):
        path.write_bytes(contents[number % len(contents)])
    return paths
