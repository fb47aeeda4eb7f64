"""A table as CSV with all its digits, and as Markdown and LaTeX as a paper prints it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.files import write_text
from transfer.metrics import METRICS
from transfer.papers.verdict import with_digits_of
from transfer.results.table import StudyResults

# What LaTeX reads otherwise, or pdflatex has no character for.
LATEX = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"<": "$<$", ">": "$>$", "|": "$|$"}
    | {"–": "--", "−": "$-$", "²": "$^2$", "×": r"$\times$", "ρ": r"$\rho$", "✓": r"$\surd$"}
)
# What Markdown reads as anything but text, such as an underscore that is not within a word.
MARKDOWN = re.compile(r"[\\`*\[\]<>|]|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")
PREAMBLE = "% Needs \\usepackage{booktabs}.\n"
# Numbers, years and dashes are right-aligned, words left-aligned.
FIGURES = re.compile(r"[\d.,/eE+–() -]*")


@dataclass(frozen=True)
class Column:
    """One column: its name in the CSV, its heading in print, and how a cell is printed.

    `beside` names a column of text, what a paper prints: each number then has its digits and is
    followed by it in brackets.
    """

    name: str
    heading: str
    show: Callable[[Any], str] = str
    beside: str = ""

    def cells(self, frame: pd.DataFrame) -> list[str]:
        """Return the column's cells as they are printed."""
        shown = [str(self.show(value)) for value in frame[self.name]]
        if not self.beside:
            return shown
        return [
            text
            if pd.isna(theirs)
            else f"{text if pd.isna(ours) else with_digits_of(theirs, ours)} ({theirs})"
            for text, ours, theirs in zip(shown, frame[self.name], frame[self.beside], strict=True)
        ]


@dataclass(frozen=True)
class Table:
    """A table that a view has made: a frame, how its columns are printed, caption and notes.

    Notes say what a reader must know of the values; they follow the caption.
    """

    frame: pd.DataFrame
    columns: Sequence[Column]
    caption: str
    notes: Sequence[str] = field(default=())


def decimals(digits: int, scale: float = 1) -> Callable[[Any], str]:
    """Print a number times `scale` with so many digits; a missing one as a dash."""
    return lambda value: "–" if pd.isna(value) else f"{value * scale:.{digits}f}"


def show_metric(metric: str) -> Callable[[Any], str]:
    """Print a metric in its unit: percent with two digits, a fraction with four."""
    return decimals(2, 100) if METRICS[metric].percent else decimals(4)


def show_p(value: float) -> str:
    """Print a p-value: three digits, or two significant ones where those would be zeros."""
    if pd.isna(value):
        return "–"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def metric_columns(results: StudyResults, part: str = "main") -> list[Column]:
    """Columns of a table of values: model, ImageNet top-1 and each dataset's metric."""
    return [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        Column("imagenet_top1", results.predictor.axis, decimals(1, 100)),
        *(
            Column(key, dataset.short_name, show_metric(results.study.parts[part].metric(dataset)))
            for key in results.study.parts[part].datasets
            if (dataset := results.datasets[key])
        ),
    ]


def printed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """The table as it is printed: text cells under the headings."""
    return pd.DataFrame({column.heading: column.cells(frame) for column in columns})


def beside_printed(
    frame: pd.DataFrame, columns: Sequence[Column], theirs: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[Column], list[str]]:
    """Put the numbers of a paper's table beside the recomputed ones, row by row.

    `theirs` is the printed table, each cell its text, None for a study without a paper; the first
    of `columns` names the rows. Returns the frame with further columns `printed_<name>`, the
    columns that show them, and a note that says so.
    """
    if theirs is None:
        return frame, list(columns), []
    key = columns[0].name
    theirs = theirs.set_index(key)
    frame = frame.assign(
        **{f"printed_{name}": frame[key].map(theirs[name]) for name in theirs if name in frame}
    )
    shown = [
        replace(column, beside=f"printed_{column.name}")
        if f"printed_{column.name}" in frame
        else column
        for column in columns
    ]
    return frame, shown, ["In brackets what the paper prints."]


def markdown_text(text: str) -> str:
    """Return text so that Markdown shows just this."""
    return MARKDOWN.sub(lambda found: f"\\{found[0]}", text)


def write_table(table: Table, path: str | Path) -> None:
    """Write `<path>` (CSV) and, beside it, the same table as .md and .tex."""
    path, frame, columns = Path(path), table.frame, table.columns
    text = printed(frame, columns)
    latex_text = text.map(lambda cell: cell.translate(LATEX))
    latex_text.columns = text.columns.str.translate(LATEX)
    right = [all(FIGURES.fullmatch(cell) for cell in text[c.heading]) for c in columns]
    sentence = " ".join(words for words in [table.caption, *table.notes] if words)
    latex = latex_text.style.hide(axis="index").to_latex(
        caption=sentence.translate(LATEX),
        hrules=True,
        column_format="".join("r" if flag else "l" for flag in right),
        position="t",
    )
    markdown = (
        text.map(markdown_text)
        .rename(columns=markdown_text)
        .to_markdown(
            index=False,
            disable_numparse=True,
            colalign=["right" if flag else "left" for flag in right],
        )
    )
    write_text(path.with_suffix(".md"), f"{markdown_text(sentence)}\n\n{markdown}\n")
    write_text(path.with_suffix(".tex"), PREAMBLE + latex)
    names = [*(c.name for c in columns), *(c.beside for c in columns if c.beside)]
    write_text(path, frame[names].to_csv(index=False, float_format="%.10g"))
