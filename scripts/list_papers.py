"""Render the index of papers with their verdicts and links to their pages."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transfer.command_line import run
from transfer.files import write_text
from transfer.page.page import render_page
from transfer.papers.paper import Paper, read_paper


@dataclass(frozen=True)
class Listed:
    """One paper of the list: what its folder says, the way to its page, its verdict's counts."""

    paper: Paper
    page: str
    compared: int
    agreeing: int


def listed(folder: Path, page: Path, output: Path) -> Listed:
    """A paper by its folder and its page, beside which verdict.csv lies; `output` is the list."""
    verdict = pd.read_csv(page.with_name("verdict.csv"))
    link = Path(os.path.relpath(page.resolve(), output.resolve().parent)).as_posix()
    return Listed(read_paper(folder), link, len(verdict), int(verdict["agrees"].sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--papers", type=Path, nargs="*", default=[], help="resources/published/<paper> of each"
    )
    parser.add_argument(
        "--pages", type=Path, nargs="*", default=[], help="their pages; verdict.csv lies beside"
    )
    parser.add_argument("--output", type=Path, required=True, help="index.html")
    args = parser.parse_args()
    papers = [
        listed(folder, page, args.output)
        for folder, page in zip(args.papers, args.pages, strict=True)
    ]
    papers.sort(key=lambda one: (one.paper.year, one.paper.name))
    content = {"study": {"title": "Papers from their printed numbers"}, "papers": papers}
    write_text(args.output, render_page("papers.html.jinja", content))


if __name__ == "__main__":
    run(main)
