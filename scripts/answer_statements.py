"""Answer each statement of a paper's text from the runs of a study that is compared with it.

A statement holds, does not hold, wants runs that are missing, or cannot be decided by what the
study measures.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.papers.answers import answers
from transfer.papers.evidence import measured_evidence
from transfer.papers.paper import read_paper
from transfer.results.table import load_results
from transfer.validation import read_table


def main() -> None:
    parser = study_parser(__doc__, "statements.csv")
    parser.add_argument("--resamples", type=Path, required=True, help="the study's resamples.npz")
    parser.add_argument("--sizes", type=Path, help="the study's table of prepared datasets, CSV")
    parser.add_argument("--fid", type=Path, help="the study's fid.csv")
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets, args.top1)
    paper = read_paper(args.published)
    sizes = pd.read_csv(args.sizes) if args.sizes else None
    fid = read_table(args.fid, "fid") if args.fid else None
    with np.load(args.resamples, allow_pickle=False) as file:
        resampled = file["values"].astype(np.float64)
    evidence = measured_evidence(results, paper, sizes, fid)
    found = answers(paper, evidence, resampled, results.study.intervals["level"])
    write_text(args.output, found.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
