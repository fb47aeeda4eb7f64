"""Compute the features of a pre-trained network on a dataset's images, without any training.

    python scripts/extract_features.py --data results/data/eurosat --model resnet50 \\
        --weights resources/weights/resnet50.json --output results/features/eurosat/resnet50.npz
"""

import argparse
from pathlib import Path

import numpy as np

from transfer.command_line import run
from transfer.data.store import find_store, open_dataset
from transfer.files import atomic_path
from transfer.machine.leases import leased_gpu
from transfer.study.model import read_models

# Of each split. Enough for every predictor, and 80 MB a network of 2,048 features.
MOST_IMAGES = 5000


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the prepared dataset")
    add("--short-side", help="which store of the dataset to read (default: the only one)")
    add("--model", required=True, help="id of a row of the model table")
    add("--models", default="config/models.tsv", help="the model table")
    add("--weights", type=Path, required=True, help="its weights: a record, .safetensors or .pth")
    add("--images", type=int, default=MOST_IMAGES, help="most images of a split (default: 5000)")
    add("--image-size", type=int, help="pixels of a side (default: the model's input_size)")
    add("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    add("--runs-per-gpu", type=int, default=1, help="runs that share a GPU (default: 1)")
    add("--threads", type=int, help="CPU threads of PyTorch")
    add("--output", type=Path, required=True, help="features, ids, labels and splits (.npz)")
    return parser.parse_args()


def main() -> None:
    args = parse()
    row = read_models(args.models)[args.model]
    dataset = open_dataset(args.data, find_store(args.data, args.short_side))
    size = args.image_size or row.input_size
    # The GPU is leased before PyTorch is imported, which would initialise all of them.
    with leased_gpu(args.device, args.runs_per_gpu) as lease:
        from transfer.training import device as devices
        from transfer.training.features import features_of, frozen_network, sample_rows
        from transfer.training.weights import read_weights

        device = devices.choose_device(lease.device(args.device))
        devices.prepare(device, args.threads)
        model = frozen_network(row, read_weights(args.weights), str(args.weights), size)
        rows = sample_rows(dataset, args.images)
        features = features_of(dataset, rows, row, model, size, device)
    with atomic_path(args.output) as temporary:
        np.savez(
            temporary,
            allow_pickle=False,
            features=features,
            ids=dataset.ids[rows].astype(str),
            labels=dataset.labels[rows],
            splits=dataset.splits[rows].astype(str),
        )
    print(f"{args.output}: {len(rows)} images, {features.shape[1]} features each")


if __name__ == "__main__":
    run(main)
