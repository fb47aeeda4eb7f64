"""Intervals of printed values, from the values and the sizes of the test sets alone."""

from typing import Any

import pandas as pd

from transfer.papers.paper import Paper
from transfer.papers.published import read_published
from transfer.statistics.intervals import clopper_pearson, hanley_mcneil


def published_interval(
    cell: Any, eval_size: int, level: float, positive_fraction: float | None = None
) -> tuple[float | None, float | None, str]:
    """Lower and upper bound and method for one row of `published_results`, from its value alone.

    Accuracies get an exact binomial interval, areas under the ROC curve Hanley and McNeil's
    approximation, which needs the share of positive images. Other metrics need the predictions,
    which were not published: no bounds.
    """
    percent = f"{level * 100:g} %"
    if cell.metric == "accuracy":
        return *clopper_pearson(cell.value, eval_size, level), f"{percent} Clopper-Pearson"
    if cell.metric == "roc_auc" and positive_fraction:
        positive = round(eval_size * positive_fraction)
        bounds = hanley_mcneil(cell.value, positive, eval_size - positive, level)
        return *bounds, f"{percent} Hanley-McNeil for the area under the ROC curve"
    return None, None, ""


def published_intervals(paper: Paper, results: pd.DataFrame, level: float) -> pd.DataFrame:
    """An interval for each row of `published_results`; empty bounds where there is none.

    There is none of a dataset whose size the paper does not print.
    """
    sizes: dict[str, int] = {}
    if paper.sizes:
        table = read_published(paper.folder, paper.sizes).set_index("dataset")
        sizes = table["eval_size"].astype(int).to_dict()
    rows = [
        (
            cell.dataset,
            cell.model,
            cell.recipe,
            *published_interval(
                cell, sizes[cell.dataset], level, paper.positive_fraction.get(cell.dataset)
            ),
        )
        if cell.dataset in sizes
        else (cell.dataset, cell.model, cell.recipe, None, None, "")
        for cell in results.dropna(subset=["value"]).itertuples()
    ]
    return pd.DataFrame(rows, columns=["dataset", "model", "recipe", "lower", "upper", "method"])
