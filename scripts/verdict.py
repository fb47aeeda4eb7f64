"""The verdict: every number that the paper prints and we can recompute, and whether they agree."""

from pathlib import Path

import pandas as pd

from transfer.analysis.claims import CLAIMS
from transfer.analysis.distances import hold_distances, missing_notes
from transfer.analysis.evidence import gather_evidence
from transfer.analysis.results import StudyResults, load_results, part_notes
from transfer.analysis.verdict import Finding, hold_claims, hold_table
from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.published import PRINTED_IN_PERCENT, read_printed
from transfer.validation import read_table


def printed_percent(results: StudyResults, table: pd.DataFrame) -> pd.DataFrame:
    """Table 3 with accuracies in percent, as the paper prints them."""
    percent = ["imagenet_top1"] + [
        key for key in table.columns[2:] if results.datasets[key]["metric"] in PRINTED_IN_PERCENT
    ]
    return table.assign(**{column: table[column] * 100 for column in percent})


def hold_statements(results: StudyResults, fid: Path, published: Path) -> list[Finding]:
    """Hold the models' facts and the running text, for a study that has all that it takes."""
    library = pd.DataFrame(
        {
            "model": results.models["model"],
            "imagenet_top1": results.models["imagenet_top1_library"],
            "parameters_millions": results.models["parameters"] / 1e6,
        }
    )
    findings = hold_table("table04", "model", read_printed(published, "table04"), library)
    evidence = gather_evidence(results, read_table(fid, "fid"), published)
    recomputed = {name: check(evidence) for name, check in CLAIMS.items()}
    return findings + hold_claims(read_printed(published, "claims"), recomputed)


def main() -> None:
    parser = study_parser(__doc__, "verdict.csv; .md is written beside it")
    parser.add_argument(
        "--tables", type=Path, required=True, nargs="+", help="recomputed tables, CSV"
    )
    parser.add_argument("--fid", type=Path, help="the study's fid.csv")
    parser.add_argument(
        "--statements",
        action="store_true",
        help="hold the running text too, for a study with all that it speaks of",
    )
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)

    findings: list[Finding] = []
    distances_missing: list[str] = []
    for path in args.tables:
        recomputed = pd.read_csv(path)
        if path.stem == "table03":
            recomputed = printed_percent(results, recomputed)
        printed = read_printed(args.published, path.stem)
        findings += hold_table(path.stem, printed.columns[0], printed, recomputed)
    if args.statements:
        findings += hold_statements(results, args.fid, args.published)
    elif args.fid:
        groups = {name: block["group"] for name, block in results.datasets.items()}
        printed = read_printed(args.published, "table11")
        distances = read_table(args.fid, "fid")
        findings += hold_distances(printed, distances, groups)
        distances_missing = missing_notes(distances)
    verdict = pd.DataFrame(findings, columns=Finding._fields).astype({"agrees": bool})
    write_text(args.output, verdict.to_csv(index=False, float_format="%.6g"))
    disagreements = verdict[~verdict["agrees"]].drop(columns="agrees")
    summary = (
        f"{verdict['agrees'].sum()} of {len(verdict)} printed numbers and statements agree with "
        "what is recomputed, within half a unit of the last printed digit. "
        + " ".join([*part_notes(results), *distances_missing])
    )
    if len(disagreements):
        table = disagreements.to_markdown(index=False, floatfmt=".4g")
        summary += f" These {len(disagreements)} do not:\n\n{table}"
    write_text(args.output.with_suffix(".md"), f"{summary}\n")


if __name__ == "__main__":
    run(main)
