"""Measure the difference between training crops from the store and from the original files.

Baseline: torchvision's resized_crop of the decoded original, with the box that RandomResizedCrop
(scale 0.65 to 1) draws. The same box, scaled, is cut from the stored image. Over generated
photographs, and over real ones in a folder if one is given.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms import functional as F

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from photographs import photograph

from transfer.data.decoding import decode, needed_short_side, shrink


def differences(
    images: list[Image.Image], short_side: int | str, size: int, crops: int
) -> list[float]:
    """Mean absolute difference in grey levels of each crop."""
    found = []
    for image in images:
        stored = shrink(image, short_side)
        across, down = stored.width / image.width, stored.height / image.height
        for _ in range(crops):
            box = RandomResizedCrop.get_params(image, [0.65, 1.0], [3 / 4, 4 / 3])
            top, left, height, width = box
            expected = F.resized_crop(image, *box, [size, size])
            if stored.size == image.size:
                made = F.resized_crop(stored, *box, [size, size])
            else:
                # In stored pixels the box is fractional, which Pillow's resize supports.
                edges = (left * across, top * down, (left + width) * across, (top + height) * down)
                made = stored.resize((size, size), Image.Resampling.BILINEAR, box=edges)
            gap = np.asarray(expected, dtype=float) - np.asarray(made, dtype=float)
            found.append(float(np.abs(gap).mean()))
    return found


def main() -> None:
    """Print mean and largest difference for the store and for the original, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="real photographs to measure as well")
    parser.add_argument("--generated", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--crops", type=int, default=3, help="crops of each photograph")
    options = parser.parse_args()
    sources = {"generated": [photograph(seed) for seed in range(options.generated)]}
    if options.folder:
        files = sorted(path for path in options.folder.rglob("*") if path.is_file())
        sources["real"] = [
            decode(path.read_bytes())
            for path in files
            if path.suffix.lower() in (".jpg", ".jpeg", ".png")
        ]
    report = {}
    for name, images in sources.items():
        for short_side in (needed_short_side(options.size), "original"):
            torch.manual_seed(0)
            found = differences(images, short_side, options.size, options.crops)
            report[f"{name}, store {short_side}"] = {
                "crops": len(found),
                "mean": round(float(np.mean(found)), 3),
                "largest": round(float(np.max(found)), 3),
            }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
