"""Record the weights left by a cell's best run, for the runs that start from them.

Writes a record like that of downloaded weights; the weights stay in the folder of the run.
"""

import argparse
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

from transfer.command_line import run
from transfer.errors import UserError
from transfer.files import write_json
from transfer.training.finished import WEIGHTS_RECORD
from transfer.training.weights_record import WeightsRecord, read_record, train_again


def left_by(best: Path) -> tuple[Path, WeightsRecord]:
    """The record of the weights that the chosen run of a cell left, with its path.

    Raises UserError if it left none or if they have been replaced.
    """
    chosen = json.loads(best.read_text(encoding="utf-8"))
    path = Path(chosen["run"]).with_name(WEIGHTS_RECORD)
    if chosen["kept_weights"] is None:
        why = (
            "it diverged, as did every run of its cell: give the recipe another grid"
            if chosen["status"] == "diverged"
            else "its recipe keeps none: say `keep_weights: true` there"
        )
        raise UserError(
            f"{chosen['run']} left no weights to start from: {why}, or leave the model out"
        )
    if not path.is_file() or read_record(path).tensors_sha256 != chosen["kept_weights"]:
        raise UserError(f"{path}: not of the weights that the run left. {train_again(path)}")
    return path, read_record(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--best", type=Path, required=True, help="what choose_best.py chose")
    parser.add_argument("--output", type=Path, required=True, help="the record (.json)")
    args = parser.parse_args()
    path, record = left_by(args.best)
    file = os.path.relpath(path.with_name(record.file), args.output.parent)
    print(f"{path}: {record.tensors_sha256}")
    write_json(args.output, asdict(replace(record, file=Path(file).as_posix())))


if __name__ == "__main__":
    run(main)
