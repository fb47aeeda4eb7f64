"""Write the arguments shared by the runs of a cell to a file for train.py.

In addition to the given arguments, it contains the digests of data, weights and training code, and
the precision. A run with other values is therefore repeated, even if the workflow was interrupted
after the change, and a run with the same values is not.
"""

import argparse
import json
from pathlib import Path

from transfer.command_line import run
from transfer.data.digest import prepared_digest
from transfer.files import write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the prepared dataset")
    parser.add_argument("--weights", type=Path, help="the record of the model's weights")
    parser.add_argument("--code", required=True, help="what the training code counts as")
    parser.add_argument("--precision", type=Path, help="what choose_precision.py decided")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("arguments", nargs="*", help="further arguments, after --")
    args = parser.parse_args()
    lines = [f"--data={args.data}", f"--expect-data={prepared_digest(args.data)}"]
    if args.weights:
        record = json.loads(args.weights.read_text(encoding="utf-8"))
        lines += [f"--weights={args.weights}", f"--expect-weights={record['tensors_sha256']}"]
    if args.precision:
        decided = json.loads(args.precision.read_text(encoding="utf-8"))
        lines.append(f"--precision={decided['precision']}")
    lines += [*args.arguments, f"--expect-code={args.code}"]
    write_text(args.output, "\n".join(lines) + "\n")


if __name__ == "__main__":
    run(main)
