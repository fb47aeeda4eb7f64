"""Render the index of papers: what each claims, how much of it its own numbers bear out, links.

Below it stands what several papers show together, if there is such a study.
"""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transfer.command_line import run
from transfer.files import write_text
from transfer.page.figures import inline_figure
from transfer.page.page import Origin, read_table_html, render_page, table_numbers
from transfer.page.words import Content, read_sections
from transfer.papers.paper import Paper, read_paper
from transfer.papers.verdict import DIFFERS, Counts, count_findings
from transfer.study.joint import JointStudy, read_joint
from transfer.study.views import read_view

SCRIPTS = Path(__file__).parent
# From how many differences on a table is named.
MANY = 10


@dataclass(frozen=True)
class Listed:
    """One paper of the list: what its folder says, the way to its files, its verdict's counts.

    `mostly` counts what differs in tables where much does; `undecided` are statements that nothing
    printed can confirm or refute.
    """

    paper: Paper
    page: str
    files: str
    counts: Counts
    mostly: dict[str, int]
    undecided: int


def listed(folder: Path, page: Path, output: Path) -> Listed:
    """A paper by its folder and its page, beside which verdict.csv lies; `output` is the list."""
    verdict = pd.read_csv(page.with_name("verdict.csv"), dtype={"published": str})
    differing = verdict[verdict["state"] == DIFFERS]["table"].value_counts()
    undecided = folder / "undecided.csv"
    return Listed(
        read_paper(folder),
        way(page, output),
        way(page.parent, output),
        count_findings(verdict),
        {str(place): int(count) for place, count in differing.items() if count >= MANY},
        len(pd.read_csv(undecided)) if undecided.is_file() else 0,
    )


def way(target: Path, page: Path) -> str:
    """A link from a page to a file or folder."""
    return Path(os.path.relpath(target.resolve(), page.resolve().parent)).as_posix()


def origins(joint: JointStudy, page: Path) -> dict[str, Origin]:
    """The script and the command of each figure, and of each table by its name with `table_`."""
    found: dict[str, Origin] = {}
    for kind, suffix in (("tables", "csv"), ("figures", "svg")):
        rule = f"joint_{kind.removesuffix('s')}"
        for name, shown in getattr(joint, kind).items():
            script = read_view(kind, shown.view).script
            command = (
                f"snakemake results/published/{kind}/{name}.{suffix} --cores 1 -R {rule} "
                f"--allowed-rules {rule}"
            )
            key = f"table_{name}" if kind == "tables" else name
            found[key] = Origin(script, way(SCRIPTS.parent / script, page), command)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--papers", type=Path, nargs="*", default=[], help="resources/published/<paper> of each"
    )
    parser.add_argument(
        "--pages", type=Path, nargs="*", default=[], help="their pages; verdict.csv lies beside"
    )
    parser.add_argument("--joint", type=Path, help="config/studies/published/index.yaml")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="its figures, SVG")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="its tables, CSV")
    parser.add_argument("--words", type=Path, help="Markdown; see page/words.py")
    parser.add_argument("--output", type=Path, required=True, help="index.html")
    args = parser.parse_args()
    papers = [
        listed(folder, page, args.output)
        for folder, page in zip(args.papers, args.pages, strict=True)
    ]
    papers.sort(key=lambda one: (one.paper.year, one.paper.name))
    joint = read_joint(args.joint) if args.joint else None
    figures = {path.stem: inline_figure(path) for path in args.figures}
    tables = {
        f"table_{path.stem}": read_table_html(path.with_suffix(".md"), way(path, args.output))
        for path in args.tables
    }
    numbers = {path.stem: table_numbers(path) for path in args.tables}
    text = Content(views={}, numbers=numbers, statements=[], runs=False, verdict=False)
    content = {
        "study": {"title": "Papers from their printed numbers"},
        "papers": papers,
        "joint": joint,
        "figures": figures,
        "tables": tables,
        "sources": origins(joint, args.output) if joint else {},
        "sections": read_sections(args.words, text) if args.words else [],
    }
    write_text(args.output, render_page("papers.html.jinja", content))


if __name__ == "__main__":
    run(main)
