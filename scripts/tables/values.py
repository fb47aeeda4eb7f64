"""The metric of every model of some parts on every dataset, beside ImageNet top-1."""

import pandas as pd

from transfer.drawing.tables import Table, metric_columns
from transfer.results.computed import FEWEST_MODELS
from transfer.results.table import (
    PRINTED,
    StudyResults,
    above_threshold,
    imagenet_top1,
    part_notes,
    part_values,
)
from transfer.statistics.correlation import linear_fit

READS = ("results",)
OPTIONS = {
    # The first part determines the datasets.
    "parts": {"format": "parts", "default": ["main"]},
    # A selection of the parts' models, in this order; by default all.
    "models": {"type": "array", "items": {"type": "string"}, "default": []},
    # Whether a note states the correlation with ImageNet top-1 and the slope.
    "fit": {"type": "boolean", "default": False},
}


def make(results: StudyResults, *, parts: list[str], models: list[str], fit: bool) -> Table:
    tables = {part: part_values(results, part) for part in parts}
    table = pd.concat(tables.values())[list(tables[parts[0]].columns)]
    top1 = pd.concat([imagenet_top1(results, part) for part in parts])
    table.insert(0, "imagenet_top1", top1)
    table = table.loc[models or list(table.index)].rename_axis("model").reset_index()
    caption = "Every model on every dataset: the dataset's metric of the selected run."
    notes = [words for part in parts for words in part_notes(results, part, PRINTED)]
    fits = [words for part in parts for words in fit_notes(results, part)] if fit else []
    return Table(table, metric_columns(results, parts[0]), caption, [*fits, *dict.fromkeys(notes)])


def fit_words(x: pd.Series, y: pd.Series, which: str) -> str:
    """Correlation and slope over the models that have a value, as half a sentence."""
    y = y.dropna()
    if len(y) < FEWEST_MODELS:
        return f"too few {which} for a line"
    fit = linear_fit(x[y.index], y)
    return f"{fit.correlation:.2f} and {fit.slope:.2f} over the {fit.n} {which}"


def fit_notes(results: StudyResults, part: str) -> list[str]:
    """Correlation of each dataset with ImageNet top-1, over all models and over the better ones."""
    top1, values = imagenet_top1(results, part), part_values(results, part)
    better = above_threshold(results, part)
    above = f"models above {results.study.threshold:g} % top-1"
    return [
        f"{results.datasets[name].short_name}: correlation with {results.predictor.axis} and "
        f"slope, both as fractions, {fit_words(top1, values[name], 'models')}, "
        f"{fit_words(top1, values[name][better], above)}."
        for name in values
    ]
