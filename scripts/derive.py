"""Derive a dataset by sampling the training images of a prepared one, without copying pixels."""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.data.derive import derive_dataset
from transfer.errors import UserError


def main() -> None:
    """Parse the command line, derive the dataset and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="name of a dataset in the datasets file")
    parser.add_argument("--datasets-file", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument(
        "--like", type=Path, help="the prepared dataset (default: beside the output)"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the derived dataset")
    options = parser.parse_args()

    datasets = read_datasets(options.datasets_file)
    dataset = datasets[options.dataset]
    if dataset.like is None:
        raise UserError(
            f"{options.datasets_file}: '{options.dataset}' is not a derived dataset; use prepare.py"
        )
    like = options.like or options.output.absolute().with_name(dataset.like)
    summary = derive_dataset(dataset, like, options.output)
    different = summary["distinct_images"]["train"]
    print(f"{options.output}: {summary['counts']}, {different} different images in train")


if __name__ == "__main__":
    run(main)
