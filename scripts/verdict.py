"""The verdict: every number that the paper prints and we can recompute, and whether they agree.

Only what a study has measured or computed counts: not the ImageNet accuracies, which it takes from
the paper itself, nor a statistic over a part of the paper's models.
"""

from pathlib import Path

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.papers.distances import hold_distances, missing_notes
from transfer.papers.evidence import gather_evidence
from transfer.papers.fang2023 import CLAIMS
from transfer.papers.published import PRINTED_IN_PERCENT, read_printed
from transfer.papers.verdict import Finding, hold_claims, hold_table, with_digits_of
from transfer.results.table import (
    StudyResults,
    above_threshold,
    load_results,
    part_notes,
    part_values,
)
from transfer.validation import read_table


def measured(results: StudyResults, table: pd.DataFrame) -> pd.DataFrame:
    """What Table 3 shows of a study's own runs, accuracies in percent, as the paper prints them."""
    table = table.drop(columns="imagenet_top1")
    percent = [
        key for key in table.columns[1:] if results.datasets[key]["metric"] in PRINTED_IN_PERCENT
    ]
    return table.assign(**{column: table[column] * 100 for column in percent})


def over_all_models(
    results: StudyResults, name: str, table: pd.DataFrame, models: pd.Series
) -> pd.DataFrame:
    """Rows of Table 2, 12 or 13 that rest on all that the paper's do.

    `models` are the paper's. A row of Table 2 takes those above the threshold, on its own dataset;
    one of Tables 12 and 13 takes all models on all datasets.
    """
    values = part_values(results).reindex(models)
    if name == "table02":
        better = above_threshold(results).reindex(models, fill_value=True)
        missing = values.columns[values[better].isna().any()]
    else:
        missing = values.columns if values.isna().any(axis=None) else []
    return table[~table["dataset"].isin(missing)]


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


def summary(results: StudyResults, findings: list[Finding], missing: list[str]) -> str:
    """Put the verdict in words, as Markdown: how much agrees, and a table of what does not.

    `missing` says what could not be compared.
    """
    notes = [*part_notes(results, published=""), *missing]
    if not findings:
        return " ".join(["Nothing that the paper prints has been measured here yet.", *notes])
    differing = [finding for finding in findings if not finding.agrees]
    words = (
        f"{len(findings) - len(differing)} of {len(findings)} printed numbers and statements agree "
        "with what is recomputed, within half a unit of the last printed digit."
    )
    if not differing:
        return " ".join([words, *notes])
    table = pd.DataFrame(
        {
            "table": finding.table,
            "row": finding.row,
            "column": finding.column,
            "published": finding.published,
            "recomputed": with_digits_of(finding.published, finding.recomputed),
            "difference": f"{finding.difference:.3g}",
            "tolerance": f"{finding.tolerance:g}",
        }
        for finding in differing
    )
    aligned = ["left"] * 3 + ["right"] * 4
    shown = table.to_markdown(index=False, disable_numparse=True, colalign=aligned)
    return " ".join([words, *notes, f"These {len(differing)} do not:\n\n{shown}"])


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
            recomputed = measured(results, recomputed)
        else:
            models = read_printed(args.published, "table03")["model"]
            recomputed = over_all_models(results, path.stem, recomputed, models)
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
    text = summary(results, findings, distances_missing)
    write_text(args.output.with_suffix(".md"), f"{text}\n")


if __name__ == "__main__":
    run(main)
