"""Download the source files of a dataset, unless they are there already, and verify them."""

import argparse
from dataclasses import asdict
from pathlib import Path

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.data.source.download import obtain
from transfer.data.source.transfers import Patience
from transfer.errors import UserError
from transfer.files import write_json


def main() -> None:
    """Parse the command line and download one file, or all files of a dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="name of a dataset in the datasets file")
    parser.add_argument("--file", help="one of its files (default: all)")
    parser.add_argument("--datasets-file", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument(
        "--folder",
        type=Path,
        help="where to put the files (default: resources/downloads/<dataset>)",
    )
    parser.add_argument("--record", type=Path, help="with --file: write its size and checksum here")
    parser.add_argument("--no-verify", action="store_true", help="do not verify existing files")
    parser.add_argument("--attempts", type=int, default=5, help="attempts without progress")
    parser.add_argument("--wait", type=float, default=1.0, help="seconds before the second attempt")
    options = parser.parse_args()
    if options.record and not options.file:
        parser.error("--record needs --file")

    datasets = read_datasets(options.datasets_file)
    files = datasets[options.dataset].files
    if options.file:
        files = tuple(file for file in files if file.name == options.file)
        if not files:
            raise UserError(f"{options.dataset}: its source has no file '{options.file}'")
    folder = options.folder or Path("resources/downloads") / options.dataset
    patience = Patience(options.attempts, options.wait)
    for file in files:
        record = obtain(file, folder, verify=not options.no_verify, patience=patience)
        print(f"{folder / file.name}: {record.size:,} bytes, {record.checksum}, {record.source}")
        if options.record:
            write_json(options.record, asdict(record))


if __name__ == "__main__":
    run(main)
