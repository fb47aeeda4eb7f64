"""Download the weights of pytorch-fid's Inception network, unless they are there already.

    python scripts/fetch_inception.py --folder resources/downloads/inception \\
        --record results/fid/inception.json
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from transfer.command_line import run
from transfer.data.source.download import obtain
from transfer.data.source.files import source_files
from transfer.fid.inception import WEIGHTS_SOURCE, load_weights
from transfer.files import write_json


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where to put the file")
    parser.add_argument("--record", type=Path, required=True, help="record of the file (.json)")
    arguments = parser.parse_args()
    [file] = source_files(WEIGHTS_SOURCE)
    record = obtain(file, arguments.folder)
    load_weights(arguments.folder / file.name)
    write_json(arguments.record, asdict(record))


if __name__ == "__main__":
    run(main)
