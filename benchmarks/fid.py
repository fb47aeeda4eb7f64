"""Benchmark distances and features against pytorch-fid in the same run; prints the ratios.

    python benchmarks/fid.py --quick     fewer calls and images, scaled to 18 distances

Uses random weights, which cost as much as the published ones. The speed of feature extraction is
compared with the function behind pytorch-fid's command line, for images of one size, since it
accepts no others.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytorch_fid.inception
import torch
from PIL import Image
from pytorch_fid.fid_score import calculate_frechet_distance, get_activations

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from transfer.data.store import PreparedDataset
from transfer.fid.features import extract_features
from transfer.fid.frechet import frechet_distance, prepare_reference
from transfer.fid.images import StoredImages
from transfer.fid.inception import FEATURES, FeatureExtractor, random_weights
from transfer.fid.statistics import Moments
from transfer.machine.processes import usable_cores

DISTANCES = 18
SIZE = 368


def statistics(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Statistics of rectified, correlated features with a decaying spectrum."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((FEATURES, FEATURES)) * np.exp(-np.arange(FEATURES) / 300)[:, None]
    sample = np.maximum(rng.standard_normal((n, FEATURES)) @ mixing / 10, 0)
    return sample.mean(axis=0), np.cov(sample, rowvar=False)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare_distances(calls: int) -> None:
    reference = statistics(5000, seed=0)
    # Every third has fewer images than dimensions.
    others = [statistics(1000 if i % 3 == 2 else 3000, seed=i + 1) for i in range(min(calls, 3))]
    ours, theirs = [], []
    prepared = prepare_reference(*reference)
    root = seconds(lambda: prepare_reference(*reference))
    for call in range(calls):
        other = others[call % len(others)]
        ours.append(seconds(lambda: frechet_distance(prepared, *other)))  # noqa: B023
        theirs.append(seconds(lambda: calculate_frechet_distance(*reference, *other)))  # noqa: B023
    total, baseline = root + DISTANCES * np.mean(ours), DISTANCES * np.mean(theirs)
    print(f"distances: root {root:.2f} s, then {np.mean(ours):.2f} s each; ", end="")
    print(f"pytorch-fid {np.mean(theirs):.2f} s each ({calls} calls of each)")
    print(
        f"{DISTANCES} distances: {total:.1f} s and {baseline:.1f} s: {baseline / total:.1f} times"
    )


def compare_features(n_images: int, folder: Path) -> None:
    weights = random_weights(0)
    with mock.patch.object(
        pytorch_fid.inception, "load_state_dict_from_url", lambda *_, **__: weights
    ):
        theirs = pytorch_fid.inception.InceptionV3().eval()
    ours = FeatureExtractor(weights)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (n_images, SIZE, SIZE, 3), dtype=np.uint8)
    pixels.tofile(folder / "images.bin")
    files = [folder / f"{i}.jpg" for i in range(n_images)]
    for file, image in zip(files, pixels, strict=True):
        Image.fromarray(image).save(file)
    dataset = PreparedDataset(
        folder,
        "original",
        np.arange(n_images),
        np.zeros(n_images),
        np.array(["train"] * n_images),
        ("only",),
        "accuracy",
        {},
    )
    dataset.__dict__["pixels"] = np.memmap(folder / "images.bin", dtype=np.uint8, mode="r")
    dataset.__dict__["offsets"] = np.arange(n_images + 1) * SIZE * SIZE * 3
    dataset.__dict__["sizes"] = np.full((n_images, 2), SIZE)
    source = StoredImages(dataset, np.arange(n_images))
    batches = np.array_split(np.arange(n_images), max(n_images // 50, 1))

    def our_pass() -> None:
        moments = Moments(FEATURES)
        for block in extract_features(ours, source, batches, "pytorch_fid"):
            moments.update(block)
        moments.covariance()

    def their_pass() -> None:
        # Workers as its command chooses them.
        workers = min(usable_cores(), 8)
        np.cov(get_activations(files, theirs, 50, num_workers=workers), rowvar=False)

    ours_s, theirs_s = [], []
    for _ in range(2):
        ours_s.append(seconds(our_pass))
        theirs_s.append(seconds(their_pass))
    best, baseline = n_images / min(ours_s), n_images / min(theirs_s)
    print(f"features, CPU, {torch.get_num_threads()} threads: {best:.1f} images/s; ", end="")
    print(f"pytorch-fid {baseline:.1f}: {best / baseline:.2f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    compare_distances(2 if arguments.quick else DISTANCES)
    with tempfile.TemporaryDirectory() as folder:
        compare_features(32 if arguments.quick else 200, Path(folder))


if __name__ == "__main__":
    main()
