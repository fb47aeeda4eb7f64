"""Each value of a study beside the one that its paper prints."""

import pandas as pd

from transfer.errors import UserError
from transfer.metrics import METRICS
from transfer.papers.verdict import rounding_tolerance
from transfer.results.table import StudyResults

COLUMNS = [
    "dataset",
    "model",
    "published",
    "reproduced",
    "difference",
    "lower",
    "upper",
    "inside",
    "method",
]
APART = (
    "|Δ| is the mean absolute difference of a dataset; published values are inside that lie within "
    "the interval of the reproduced one."
)


def reproduced_values(
    results: StudyResults, intervals: pd.DataFrame, printed: pd.DataFrame | None, part: str
) -> pd.DataFrame:
    """Published and reproduced values of a part as fractions, a row per dataset and model.

    `printed` is the paper's table as text, models x datasets, in percent where the metric is shown
    in percent; `intervals` has the columns of intervals.csv. `inside` says whether the published
    value, as far as its digits tell, lies within the interval of the reproduced one. Only what is
    printed and has a value in its dataset's own metric is there. Raises UserError without a printed
    table.
    """
    if printed is None:
        raise UserError("name the paper's table of these values: `printed: table03`")
    theirs = printed.set_index("model")
    recipe = results.study.parts[part].recipe
    cells = results.cells[results.cells["recipe"] == recipe].dropna(subset=["value"])
    bounds = intervals.set_index(["dataset", "model", "recipe"])
    rows = []
    for dataset in results.study.parts[part].datasets:
        own = cells[cells["dataset"] == dataset].set_index("model")
        metric = results.datasets[dataset].metric
        scale = 100 if METRICS[metric].percent else 1
        for model in results.study.parts[part].models:
            text = theirs.at[model, dataset] if model in theirs.index and dataset in theirs else ""
            if not text or model not in own.index or own.at[model, "metric"] != metric:
                continue
            published, value = float(text) / scale, float(own.at[model, "value"])
            row = {"dataset": dataset, "model": model, "published": published, "reproduced": value}
            row["difference"] = value - published
            if (dataset, model, recipe) in bounds.index:
                bound = bounds.loc[(dataset, model, recipe)]
                slack = rounding_tolerance(text) / scale + 1e-9
                row |= bound[["lower", "upper", "method"]].to_dict()
                low, high = bound["lower"] - slack, bound["upper"] + slack
                row["inside"] = bool(low <= published <= high)
            rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)


def apart_words(rows: pd.DataFrame, percent: bool) -> str:
    """The mean absolute difference of one dataset's values, and how many lie inside."""
    if rows.empty:
        return "no value yet"
    scale, digits = (100, 2) if percent else (1, 4)
    apart = f"|Δ| {rows['difference'].abs().mean() * scale:.{digits}f}"
    judged = rows["inside"].dropna()
    return f"{apart}, {int(judged.sum())} of {len(judged)} inside" if len(judged) else apart
