"""Compute mean and covariance of a dataset's Inception features, in pytorch-fid's format.

    python scripts/inception_statistics.py --dataset-folder results/data/eurosat \\
        --weights-folder resources/downloads/inception \\
        --output results/fid/statistics/eurosat.npz --folds-output results/fid/folds/eurosat.npz \\
        --summary results/fid/statistics/eurosat.json
"""

import argparse
import hashlib
import json
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.data.store import PreparedDataset, open_dataset
from transfer.errors import UserError
from transfer.fid.accumulate import accumulate
from transfer.fid.images import (
    RESIZES,
    Images,
    image_path,
    images_of_dataset,
    images_of_folder,
)
from transfer.fid.inception import (
    WEIGHTS_CHECKSUM,
    WEIGHTS_FILE,
    FeatureExtractor,
    load_weights,
    random_weights,
)
from transfer.fid.originals import holds_originals, originals_of, swaps_channels
from transfer.fid.statistics import merged, write_moments, write_statistics
from transfer.fid.subsample import deal_into_folds
from transfer.files import write_json
from transfer.machine.leases import leased_gpu


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    images = parser.add_mutually_exclusive_group(required=True)
    images.add_argument("--dataset-folder", type=Path, help="a prepared dataset")
    images.add_argument("--image-folder", type=Path, help="a folder of images, at any depth")
    parser.add_argument(
        "--source",
        choices=["originals", "store"],
        default="originals",
        help="originals: images from the source files, or unchanged from the folder; store: "
        "from the store, or shrunk to its size",
    )
    parser.add_argument("--short-side", default="368", help="which store: pixels, or 'original'")
    parser.add_argument(
        "--dataset", help="its key in the datasets file (default: the folder's name)"
    )
    parser.add_argument("--datasets-file", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument(
        "--downloads", type=Path, help="the source's files (default: resources/downloads/<dataset>)"
    )
    parser.add_argument("--images", choices=["train", "val", "test", "all"], default="train")
    parser.add_argument("--maximum-images", type=int, help="draw at most this many at random")
    parser.add_argument("--resize", choices=sorted(RESIZES), default="pytorch_fid")
    parser.add_argument("--weights", choices=["inception", "random"], default="inception")
    parser.add_argument("--weights-folder", type=Path, help="folder of the published weights")
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of the draw, the folds and random weights"
    )
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=50)
    parser.add_argument("--workers", type=int, default=0, help="processes that read images")
    parser.add_argument("--threads", type=int, help="CPU threads of the network (default: all)")
    parser.add_argument("--runs-per-gpu", type=int, default=1, help="runs that share a GPU")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--save-every", type=float, default=120.0, help="seconds between checkpoints"
    )
    parser.add_argument("--output", type=Path, required=True, help="mu and sigma (.npz)")
    parser.add_argument("--folds-output", type=Path, required=True, help="moments by fold (.npz)")
    parser.add_argument("--summary", type=Path, required=True, help="record of the options (.json)")
    return parser.parse_args()


def open_source(
    arguments: argparse.Namespace, stack: ExitStack
) -> tuple[Images, dict[str, str | None]]:
    """Open the requested images; returns them and their description for the summary.

    Unpacked files are removed when `stack` is closed.
    """
    side = int(arguments.short_side) if arguments.short_side.isdigit() else arguments.short_side
    stored = arguments.source == "store"
    if arguments.image_folder:
        used = side if stored else "original"
        named = {"images": "folder", "store": None, "image_path": image_path(used)}
        return images_of_folder(arguments.image_folder, used), named
    dataset = open_dataset(arguments.dataset_folder, side)
    if stored:
        path = image_path(side) + (", red and blue swapped" if swaps_channels(dataset) else "")
        named = {"images": arguments.images, "store": arguments.short_side, "image_path": path}
        return images_of_dataset(dataset, arguments.images), named
    named = {"images": arguments.images, "store": None, "image_path": image_path("original")}
    if holds_originals(dataset):
        return images_of_dataset(dataset, arguments.images), named
    return open_originals(arguments, dataset, stack), named


def open_originals(
    arguments: argparse.Namespace, dataset: PreparedDataset, stack: ExitStack
) -> Images:
    """Open the original images of a prepared dataset."""
    name = arguments.dataset or arguments.dataset_folder.name
    datasets = read_datasets(arguments.datasets_file)
    if name not in {*datasets, *datasets.broken}:
        raise UserError(f"{arguments.datasets_file}: no dataset '{name}'; set --dataset")
    source = datasets[datasets[name].images_of]
    downloads = arguments.downloads or Path("resources/downloads") / source.id
    scratch = arguments.output.with_name(f".{arguments.output.stem}.originals")
    return stack.enter_context(originals_of(dataset, source, downloads, scratch, arguments.images))


def open_weights(arguments: argparse.Namespace) -> tuple[dict[str, torch.Tensor], str]:
    """Load the network's weights; returns them and their name in the outputs."""
    if arguments.weights == "random":
        return random_weights(arguments.seed), f"random, seed {arguments.seed}"
    if arguments.weights_folder is None:
        raise UserError("--weights inception needs --weights-folder")
    weights = load_weights(arguments.weights_folder / WEIGHTS_FILE)
    return weights, f"inception, {WEIGHTS_CHECKSUM}"


def main() -> None:
    arguments = parse_arguments()
    # Before CUDA is initialised.
    with leased_gpu(arguments.device, arguments.runs_per_gpu), ExitStack() as stack:
        compute(arguments, stack)


def compute(arguments: argparse.Namespace, stack: ExitStack) -> None:
    """Extract features, accumulate their moments and write the three output files."""
    started = time.monotonic()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    source, named = open_source(arguments, stack)
    weights, weights_name = open_weights(arguments)
    folds = deal_into_folds(len(source), arguments.folds, arguments.seed, arguments.maximum_images)
    device = arguments.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    elif device.startswith("cuda:"):
        # The leased GPU is the only one visible to CUDA.
        device = "cuda"

    settings = {
        **named,
        "maximum_images": arguments.maximum_images,
        "resize": arguments.resize,
        "weights": weights_name,
        "seed": arguments.seed,
        "folds": arguments.folds,
        "batch_size": arguments.batch_size,
    }
    key = hashlib.sha256(json.dumps([settings, source.identity()]).encode()).hexdigest()
    checkpoint = arguments.output.with_name(f"{arguments.output.stem}.partial.npz")
    moments = accumulate(
        FeatureExtractor(weights),
        source,
        folds,
        arguments.resize,
        batch_size=arguments.batch_size,
        device=device,
        workers=arguments.workers,
        checkpoint=checkpoint,
        key=key,
        save_every=arguments.save_every,
    )
    whole = merged(moments)
    write_statistics(arguments.output, whole.mean, whole.covariance())
    write_moments(arguments.folds_output, moments)
    summary = {
        "dataset": arguments.output.stem,
        "n_images": whole.n,
        "available_images": len(source),
        **settings,
        "precision": "float32 features, float64 moments",
        "device": device,
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
        "seconds": round(time.monotonic() - started, 1),
    }
    write_json(arguments.summary, summary)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    run(main)
