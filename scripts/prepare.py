"""Prepare a dataset: decode its images into a store, draw its splits and write a summary."""

import argparse
import json
from pathlib import Path

from transfer.command_line import run


def main() -> None:
    """Parse the command line, prepare the dataset and print its counts."""
    # Worker processes import this file again, so imports they do not need are here.
    from transfer.data.dataset import read_datasets
    from transfer.data.left_out import LeftOut
    from transfer.data.prepare import prepare_dataset

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="name of a dataset in the datasets file")
    parser.add_argument("--datasets-file", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument(
        "--downloads", type=Path, help="the source's files (default: resources/downloads/<dataset>)"
    )
    parser.add_argument(
        "--records", type=Path, nargs="*", default=[], help="records written by download.py"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the prepared dataset")
    parser.add_argument("--workers", type=int, default=1, help="processes that decode images")
    parser.add_argument(
        "--on-bad-image",
        choices=["stop", "skip"],
        default="stop",
        help="stop: list all unreadable images and fail; skip: leave them out and record them",
    )
    options = parser.parse_args()

    datasets = read_datasets(options.datasets_file)
    summary = prepare_dataset(
        datasets[options.dataset],
        options.downloads or Path("resources/downloads") / options.dataset,
        options.output,
        workers=options.workers,
        on_bad_image=options.on_bad_image,
        downloads=[json.loads(path.read_text(encoding="utf-8")) for path in options.records],
    )
    print(f"{options.output}: {summary['counts']}")
    for download in summary["downloads"]:
        if not download["verified"]:
            print(f"{download['name']}: not verified: {download['note']}")
    for note in summary["notes"]:
        print(note)
    for finding in summary["findings"]:
        print(f"{finding['kind']}: {finding['message']}")
    for entry in summary["left_out"]:
        print(LeftOut(**entry))
    if summary["bad_images"]:
        print(f"{len(summary['bad_images'])} rows left out, listed in summary.json")
    if shared := summary["leakage"]["identical_images_across_splits"]:
        print(f"{shared} images occur in more than one split, listed in leakage.csv")


if __name__ == "__main__":
    run(main)
