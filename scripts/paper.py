"""The study's page: every figure and table, what the paper claims, and the verdict."""

from pathlib import Path
from typing import Any

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.page.page import embed_figure, render_page, table_html, verdict_groups
from transfer.papers.published import read_printed
from transfer.papers.verdict import Finding
from transfer.results.table import load_results, part_notes


def claims_by_section(claims: pd.DataFrame, verdict: pd.DataFrame) -> dict[str, list[dict]]:
    """The paper's statements by section, each with what was printed and recomputed."""
    held = verdict.set_index("row")
    sections: dict[str, list[dict[str, Any]]] = {}
    for claim in claims[claims["id"].isin(held.index)].to_dict("records"):
        finding = held.loc[claim["id"]]
        entry = claim | finding[["published", "recomputed", "agrees"]].to_dict()
        sections.setdefault(claim["section"], []).append(entry)
    return sections


def main() -> None:
    parser = study_parser(__doc__, "paper.html")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="CSV; .md beside")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="SVG")
    parser.add_argument("--verdict", type=Path, help="the study's verdict.csv, if it has one")
    parser.add_argument("--template", required=True, help="name of the page's template")
    parser.add_argument("--published", type=Path, required=True, help="resources/published/<paper>")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    study = results.study

    # The digits of what is printed count: 0.890 is not 0.89.
    verdict = (
        pd.read_csv(args.verdict, dtype={"published": str})
        if args.verdict
        else pd.DataFrame(columns=Finding._fields)
    )
    claims = read_printed(args.published, "claims")
    names = {key: dataset.name for key, dataset in results.datasets.items()}
    names |= results.models["name"].to_dict()
    names |= claims.set_index("id")["claim"].to_dict()
    tables = {path.stem: path for path in args.tables}
    lines = {}
    if "table02" in tables:
        lines = pd.read_csv(tables["table02"]).set_index("dataset").to_dict("index")
    content = {
        "study": study,
        "notes": part_notes(results, published=""),
        "tables": {name: table_html(path.with_suffix(".md")) for name, path in tables.items()},
        "figures": {path.stem: embed_figure(path) for path in args.figures},
        "claims": claims_by_section(claims, verdict),
        "cells": results.cells,
        "verdict": verdict_groups(verdict, names),
        "agreeing": int(verdict["agrees"].sum()),
        "printed": len(verdict),
        "lines": lines,
        "names": names,
    }
    write_text(args.output, render_page(args.template, content))


if __name__ == "__main__":
    run(main)
