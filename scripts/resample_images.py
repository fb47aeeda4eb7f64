"""Write an interval for each selected value of a study, from the predictions that it keeps.

Beside it `resamples.npz` is written: every value on resamples of the images it was measured on, in
the order of results.csv.
"""

from pathlib import Path

import numpy as np

from transfer.command_line import run, study_parser
from transfer.files import atomic_path, write_text
from transfer.results.resampled import resampled_values, value_intervals
from transfer.results.table import load_results


def main() -> None:
    parser = study_parser(__doc__, "intervals.csv")
    parser.add_argument("--predictions", type=Path, required=True, help="folder of predictions")
    parser.add_argument("--resamples", type=Path, required=True, help="resamples.npz to write")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets, args.top1)
    chosen = results.study.intervals
    values = resampled_values(results.cells, args.predictions, chosen["samples"], chosen["seed"])
    intervals = value_intervals(results.cells, args.predictions, values, chosen["level"])
    with atomic_path(args.resamples) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, values=values.astype(np.float32))
    write_text(args.output, intervals.to_csv(index=False, float_format="%.6f"))


if __name__ == "__main__":
    run(main)
