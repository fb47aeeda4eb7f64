"""Cut scikit-learn's two sample photographs into patches: a reference that needs no download.

They take the place of ImageNet in the demo. Two photographs are no sample of natural images:
distances to them show that the pipeline works, and nothing about datasets.

    python scripts/demo_photographs.py --output results/fid/photographs
"""

import argparse
from pathlib import Path

from PIL import Image
from sklearn.datasets import load_sample_images

from transfer.command_line import run

PATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True, help="folder of the patches")
    arguments = parser.parse_args()
    photographs = load_sample_images()
    for path, pixels in zip(photographs.filenames, photographs.images, strict=True):
        folder = arguments.output / Path(path).stem
        folder.mkdir(parents=True, exist_ok=True)
        height, width = (side // PATCH * PATCH for side in pixels.shape[:2])
        for top in range(0, height, PATCH):
            for left in range(0, width, PATCH):
                patch = pixels[top : top + PATCH, left : left + PATCH]
                Image.fromarray(patch).save(folder / f"{top:03d}_{left:03d}.png")


if __name__ == "__main__":
    run(main)
