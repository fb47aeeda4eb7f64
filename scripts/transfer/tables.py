"""A table as CSV with all its digits, and as Markdown and LaTeX as a paper prints it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.analysis.results import StudyResults
from transfer.files import write_text

ESCAPES = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"})
# What pdflatex has no character for.
SYMBOLS = str.maketrans({"–": "--", "²": "$^2$", "×": r"$\times$", "ρ": r"$\rho$", "✓": r"$\surd$"})
PREAMBLE = "% Needs \\usepackage{booktabs}.\n"
# Numbers, years and dashes stand right; words stand left.
FIGURES = re.compile(r"[\d.,/eE+–-]*")

METRIC_NAMES = {
    "accuracy": "Accuracy",
    "quadratic_weighted_kappa": "Quadratic weighted kappa",
    "macro_f1": "Macro F1",
    "roc_auc": "Area under ROC curve",
    "mean_per_class_accuracy": "Mean per-class accuracy",
    "mean_average_precision_11": "11-point mAP",
}


@dataclass(frozen=True)
class Column:
    """One column: its name in the CSV, its heading in print, and how a cell is printed."""

    name: str
    heading: str
    show: Callable[[Any], str] = str


def decimals(digits: int, scale: float = 1) -> Callable[[Any], str]:
    """Print a number times `scale` with so many digits; a missing one as a dash."""
    return lambda value: "–" if pd.isna(value) else f"{value * scale:.{digits}f}"


def show_metric(metric: str) -> Callable[[Any], str]:
    """Print a metric as the paper does: accuracy in percent, the others as a fraction."""
    return decimals(2, 100) if metric == "accuracy" else decimals(4)


def show_p(value: float) -> str:
    """Print a p-value: three digits, or two significant ones where those would be zeros."""
    if pd.isna(value):
        return "–"
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1e}"


def metric_columns(results: StudyResults, part: str = "main") -> list[Column]:
    """Columns of Tables 3, 8 and 9: model, ImageNet top-1 and each dataset's metric."""
    return [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        Column("imagenet_top1", "ImageNet top-1", decimals(1, 100)),
        *(
            Column(key, block["short_name"], show_metric(block["metric"]))
            for key in results.study.parts[part].datasets
            if (block := results.datasets[key])
        ),
    ]


def printed(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """The table as it is printed: text cells under the headings."""
    return pd.DataFrame({c.heading: frame[c.name].map(c.show).astype(str) for c in columns})


def write_table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    path: str | Path,
    caption: str,
    notes: Sequence[str] = (),
) -> None:
    """Write `<path>` (CSV) and, beside it, the same table as .md and .tex.

    Notes say what a reader must know of the values; they follow the caption.
    """
    path = Path(path)
    text = printed(frame, columns)
    right = [all(FIGURES.fullmatch(cell) for cell in text[c.heading]) for c in columns]
    sentence = " ".join([caption, *notes])
    latex = (
        text.style.format(escape="latex")
        .format_index(escape="latex", axis="columns")
        .hide(axis="index")
        .to_latex(
            caption=sentence.translate(ESCAPES),
            hrules=True,
            column_format="".join("r" if flag else "l" for flag in right),
            position="t",
        )
    )
    markdown = text.to_markdown(
        index=False,
        disable_numparse=True,
        colalign=["right" if flag else "left" for flag in right],
    )
    write_text(path.with_suffix(".md"), f"{sentence}\n\n{markdown}\n")
    write_text(path.with_suffix(".tex"), PREAMBLE + latex.translate(SYMBOLS))
    write_text(path, frame[[c.name for c in columns]].to_csv(index=False, float_format="%.10g"))
