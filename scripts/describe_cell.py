"""Write down what the runs of a cell share, as a file of arguments for train.py.

Beside the arguments given it names data, weights and training code by their digests, and the
precision. So a run made with others is made again, even if the work was interrupted after the
change, and one that was made with the same is not.
"""

import argparse
import json
from pathlib import Path

from transfer.command_line import run
from transfer.data.digest import prepared_digest
from transfer.errors import UserError
from transfer.files import write_text
from transfer.training.finished import WEIGHTS_RECORD
from transfer.training.weights_record import read_record, train_again


def kept_weights(source: Path) -> Path:
    """The record of the weights that the chosen run of a cell left.

    Raises UserError if it left none, or if others lie there now.
    """
    best = json.loads(source.read_text(encoding="utf-8"))
    run = Path(best["run"])
    if best["kept_weights"] is None:
        why = (
            "it diverged, as did every run of its cell: give the recipe another grid"
            if best["status"] == "diverged"
            else "its recipe keeps none: say `keep_weights: true` there"
        )
        raise UserError(f"{run} left no weights to start from: {why}, or leave the model out")
    path = run.with_name(WEIGHTS_RECORD)
    if not path.is_file() or read_record(path).tensors_sha256 != best["kept_weights"]:
        raise UserError(f"{path}: not of the weights that {run} left. {train_again(path)}")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the prepared dataset")
    parser.add_argument("--weights", type=Path, help="the record of the model's weights")
    parser.add_argument(
        "--source", type=Path, help="what choose_best.py chose in the cell that leaves the weights"
    )
    parser.add_argument("--code", required=True, help="what the training code counts as")
    parser.add_argument("--precision", type=Path, help="what choose_precision.py decided")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("arguments", nargs="*", help="further arguments, after --")
    args = parser.parse_args()
    lines = [f"--data={args.data}", f"--expect-data={prepared_digest(args.data)}"]
    weights = kept_weights(args.source) if args.source else args.weights
    if weights:
        lines += [f"--weights={weights}", f"--expect-weights={read_record(weights).tensors_sha256}"]
    if args.precision:
        decided = json.loads(args.precision.read_text(encoding="utf-8"))
        lines.append(f"--precision={decided['precision']}")
    lines += [*args.arguments, f"--expect-code={args.code}"]
    write_text(args.output, "\n".join(lines) + "\n")


if __name__ == "__main__":
    run(main)
