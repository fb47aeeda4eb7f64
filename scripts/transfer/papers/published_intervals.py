"""Intervals for what the paper prints, from the values and the sizes of the sets alone."""

from pathlib import Path
from typing import Any

import pandas as pd

from transfer.papers.published import read_published
from transfer.statistics.intervals import clopper_pearson, hanley_mcneil

# Share of malignant images (Section 4.4), which the area under the ROC curve's interval needs.
POSITIVE_FRACTION = {"melanoma": 0.088}


def published_interval(
    cell: Any, eval_size: int, level: float
) -> tuple[float | None, float | None, str]:
    """Lower and upper bound and method for one row of `published_results`, from its value alone.

    Accuracies get an exact binomial interval, areas under the ROC curve Hanley and McNeil's
    approximation. Kappa and macro F1 need the predictions, which were not published: no bounds.
    """
    percent = f"{level * 100:g} %"
    if cell.metric == "accuracy":
        return *clopper_pearson(cell.value, eval_size, level), f"{percent} Clopper-Pearson"
    if cell.metric == "roc_auc" and cell.dataset in POSITIVE_FRACTION:
        positive = round(eval_size * POSITIVE_FRACTION[cell.dataset])
        bounds = hanley_mcneil(cell.value, positive, eval_size - positive, level)
        return *bounds, f"{percent} Hanley-McNeil for the area under the ROC curve"
    return None, None, ""


def published_intervals(folder: str | Path, results: pd.DataFrame, level: float) -> pd.DataFrame:
    """An interval for each row of `published_results`; empty bounds where there is none."""
    sizes = read_published(folder, "table01").set_index("dataset")["eval_size"]
    rows = [
        (
            cell.dataset,
            cell.model,
            cell.recipe,
            *published_interval(cell, int(sizes[cell.dataset]), level),
        )
        for cell in results.itertuples()
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "recipe", "lower", "upper", "method"])
