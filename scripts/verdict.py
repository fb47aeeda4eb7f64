"""The verdict: every number that the paper prints and we can recompute, and whether they agree."""

from pathlib import Path

import pandas as pd

from transfer.analysis.claims import CLAIMS
from transfer.analysis.evidence import gather_evidence
from transfer.analysis.results import load_results
from transfer.analysis.verdict import Finding, hold_claims, hold_table
from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.published import read_printed
from transfer.validation import read_table


def main() -> None:
    parser = study_parser(__doc__, "verdict.csv; .md is written beside it")
    parser.add_argument("--tables", type=Path, required=True, help="the study's tables")
    parser.add_argument("--fid", type=Path, required=True, help="the study's fid.csv")
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)

    findings: list[Finding] = []
    for table in ("table02", "table12", "table13"):
        recomputed = pd.read_csv(args.tables / f"{table}.csv")
        findings += hold_table(table, "dataset", read_printed(args.published, table), recomputed)
    library = pd.DataFrame(
        {
            "model": results.models["model"],
            "imagenet_top1": results.models["imagenet_top1_library"],
            "parameters_millions": results.models["parameters"] / 1e6,
        }
    )
    findings += hold_table("table04", "model", read_printed(args.published, "table04"), library)
    evidence = gather_evidence(results, read_table(args.fid, "fid"), args.published)
    recomputed = {name: check(evidence) for name, check in CLAIMS.items()}
    findings += hold_claims(read_printed(args.published, "claims"), recomputed)

    verdict = pd.DataFrame(findings)
    write_text(args.output, verdict.to_csv(index=False, float_format="%.6g"))
    disagreements = verdict[~verdict["agrees"]].drop(columns="agrees")
    summary = (
        f"{verdict['agrees'].sum()} of {len(verdict)} printed numbers and statements agree with "
        "what is recomputed, within half a unit of the last printed digit."
    )
    table = disagreements.to_markdown(index=False, floatfmt=".4g")
    write_text(
        args.output.with_suffix(".md"), f"{summary} These {len(disagreements)} do not:\n\n{table}\n"
    )


if __name__ == "__main__":
    run(main)
