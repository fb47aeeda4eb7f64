"""The study's page: every figure and table, what the paper claims, and the verdict."""

import os
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.files import write_text
from transfer.page.figures import inline_figure
from transfer.page.page import (
    Origin,
    read_table_html,
    render_page,
    table_numbers,
    verdict_groups,
)
from transfer.page.words import Content, open_page, read_sections
from transfer.papers.claims import has_claims
from transfer.papers.paper import read_paper
from transfer.papers.published import read_printed
from transfer.papers.verdict import STATES, Comparison
from transfer.results.table import load_results, part_notes
from transfer.study.shown import shown_views
from transfer.study.study import Study
from transfer.study.views import read_view

SCRIPTS = Path(__file__).parent


def claims_by_section(claims: pd.DataFrame, verdict: pd.DataFrame) -> dict[str, list[dict]]:
    """The paper's statements by section, each with what was printed and recomputed."""
    compared = verdict.set_index("row")
    sections: dict[str, list[dict[str, Any]]] = {}
    for claim in claims[claims["id"].isin(compared.index)].to_dict("records"):
        finding = compared.loc[claim["id"]]
        entry = claim | finding[["published", "recomputed", "agrees", "state", "note"]].to_dict()
        sections.setdefault(claim["section"], []).append(entry)
    return sections


def way_to(path: Path, page: Path) -> str:
    """The relative link from a page to a file."""
    return Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()


def sources_of(study: Study, page: Path) -> dict[str, Origin]:
    """The script of each figure and table, the way to it from the page, and its command."""
    found = {}
    for kind, number, shown in shown_views(study):
        script = read_view(kind, shown.view).script
        link = way_to(SCRIPTS.parent / script, page)
        suffix = {"figures": "svg", "tables": "csv"}[kind]
        rule = kind.removesuffix("s")
        target = f"results/{study.name}/{kind}/{number}.{suffix}"
        command = f"snakemake {target} --cores 1 -R {rule} --allowed-rules {rule}"
        found[number] = Origin(script, link, command)
    return found


def main() -> None:
    parser = study_parser(__doc__, "paper.html")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="CSV; .md beside")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="SVG; .md beside")
    parser.add_argument("--verdict", type=Path, help="the study's verdict.csv, if it has one")
    parser.add_argument("--published", type=Path, help="resources/published/<paper>, if it has one")
    parser.add_argument("--words", type=Path, required=True, help="Markdown; see page/words.py")
    args = parser.parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets, args.top1)
    study = results.study

    # The digits of what is printed count: 0.890 is not 0.89.
    verdict = (
        pd.read_csv(args.verdict, dtype={"published": str, "note": str}).fillna({"note": ""})
        if args.verdict
        else pd.DataFrame(columns=Comparison._fields)
    )
    names = {key: dataset.name for key, dataset in results.datasets.items()}
    names |= results.models["name"].to_dict()
    statements = {}
    paper = read_paper(args.published) if args.published else None
    if paper and has_claims(paper):
        claims = read_printed(paper.folder, "claims")
        names |= claims.set_index("id")["claim"].to_dict()
        statements = claims_by_section(claims, verdict)
    tables = {path.stem: path for path in args.tables}
    figures = {path.stem: path for path in args.figures}
    shown = Content(
        views={n: one.view for _, n, one in shown_views(study) if n in (figures | tables)},
        numbers={name: table_numbers(path) for name, path in tables.items()},
        statements=list(statements),
        runs=study.source == "runs",
        verdict=bool(args.verdict),
    )
    content = {
        "study": study,
        "paper": paper,
        "notes": part_notes(results, published=""),
        "opening": open_page(read_sections(args.words, shown), paper.summary if paper else ""),
        "sources": sources_of(study, args.output),
        "tables": {
            name: read_table_html(path.with_suffix(".md"), way_to(path, args.output))
            for name, path in tables.items()
        },
        "figures": {name: inline_figure(path) for name, path in figures.items()},
        "claims": statements,
        "cells": results.cells,
        "verdict": verdict_groups(verdict, names),
        "counts": {state: int((verdict["state"] == state).sum()) for state in STATES},
        "printed": len(verdict),
        "read": bool((verdict["rests_on"] == "read").any()),
        "names": names,
    }
    write_text(args.output, render_page("study.html.jinja", content))


if __name__ == "__main__":
    run(main)
