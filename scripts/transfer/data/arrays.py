"""Images that a source stores as one array: saved to scratch once, read row by row by workers."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image


@lru_cache(maxsize=4)
def _open(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)


@dataclass(frozen=True)
class ArrayImage:
    """One image of an array file, uint8 `(n, height, width)` or `(n, height, width, 3)`."""

    name: str
    path: Path
    row: int

    def load(self) -> Image.Image:
        """The image as RGB."""
        return Image.fromarray(np.array(_open(self.path)[self.row])).convert("RGB")


def save(images: np.ndarray, path: Path, names: list[str]) -> list[ArrayImage]:
    """Write the array to `path` and return its images under `names`."""
    np.save(path, images)
    return [ArrayImage(name, path, row) for row, name in enumerate(names)]
