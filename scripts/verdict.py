"""Compare every recomputed number with the printed one.

Only numbers that a study has measured or computed are compared: not ImageNet accuracies taken from
the paper itself, nor statistics over only some of the paper's models.
"""

from pathlib import Path

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.papers.comparison import compare_study
from transfer.papers.paper import read_paper
from transfer.papers.verdict import Comparison, summary
from transfer.results.table import load_results, part_notes
from transfer.validation import read_table


def main() -> None:
    parser = study_parser(__doc__, "verdict.csv; .md is written beside it")
    parser.add_argument(
        "--tables", type=Path, nargs="*", default=[], help="the study's tables, CSV"
    )
    parser.add_argument("--fid", type=Path, help="the study's fid.csv")
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets, args.top1)
    # By the number that the paper gives them.
    tables = {results.study.tables[path.stem].printed: pd.read_csv(path) for path in args.tables}
    distances = read_table(args.fid, "fid") if args.fid else None

    findings, notes = compare_study(results, read_paper(args.published), tables, distances)
    verdict = pd.DataFrame(findings, columns=Comparison._fields).astype({"agrees": bool})
    write_text(args.output, verdict.to_csv(index=False, float_format="%.6g"))
    text = summary(findings, [*part_notes(results, published=""), *notes])
    write_text(args.output.with_suffix(".md"), f"{text}\n")


if __name__ == "__main__":
    run(main)
