"""Each selected value on resamples of the images it was measured on, and its interval."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from transfer.results.predictions import Scored, cell_predictions, read_scored
from transfer.statistics.intervals import clopper_pearson
from transfer.statistics.weighted_metrics import (
    accuracy,
    macro_f1,
    mean_per_class_accuracy,
    quadratic_weighted_kappa,
    roc_auc,
)
from transfer.training.metrics import METRICS

# Resamples at a time: each has a number for every image.
AT_ONCE = 200


def drawn_counts(images: int, samples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each image is drawn, with replacement: arrays `(at most AT_ONCE, images)`."""
    generator = np.random.default_rng(seed)
    for start in range(0, samples, AT_ONCE):
        rows = min(AT_ONCE, samples - start)
        drawn = generator.integers(0, images, (rows, images))
        drawn += np.arange(rows)[:, None] * images
        counts = np.bincount(drawn.ravel(), minlength=rows * images)
        yield counts.reshape(rows, images)


def resampled(metric: str, scored: Scored, counts: np.ndarray) -> np.ndarray:
    """The metric on each resample, `(resamples,)`; NaN where it is not defined."""
    predicted, labels, scores = scored.predicted, scored.labels, scored.scores
    classes = scores.shape[1]
    match metric:
        case "accuracy":
            return accuracy(counts, predicted, labels)
        case "macro_f1":
            return macro_f1(counts, predicted, labels, classes)
        case "quadratic_weighted_kappa":
            return quadratic_weighted_kappa(counts, predicted, labels, classes)
        case "mean_per_class_accuracy":
            return mean_per_class_accuracy(counts, predicted, labels, classes)
        case "roc_auc" if labels.ndim == 1 and classes == 2:
            # As the metric has it: the difference of the logits ranks like the softmax.
            return roc_auc(counts, labels, scores[:, 1] - scores[:, 0])
        case _:
            rows = [np.repeat(np.arange(len(labels)), count) for count in counts]
            measure = METRICS[metric]
            return np.array([measure(predicted[r], labels[r], scores[r]) for r in rows])


def resampled_values(cells: pd.DataFrame, predictions: Path, samples: int, seed: int) -> np.ndarray:
    """The value of each row of results.csv on `samples` resamples, `(rows, samples)`.

    Rows that report on the same images share the images drawn. NaN for a row without a value.
    """
    found = np.full((len(cells), samples), np.nan)
    there = cells.assign(row=np.arange(len(cells)))[cells["value"].notna()]
    for _, rows in there.groupby("dataset", sort=False):
        scored = [
            read_scored(cell_predictions(predictions, row.dataset, row.model, row.recipe))
            for row in rows.itertuples()
        ]
        for images in dict.fromkeys(one.ids.tobytes() for one in scored):
            same = [k for k, one in enumerate(scored) if one.ids.tobytes() == images]
            start = 0
            for counts in drawn_counts(len(scored[same[0]].ids), samples, seed):
                columns = slice(start, start + len(counts))
                for k in same:
                    row = rows.iloc[k]
                    found[row["row"], columns] = resampled(row["metric"], scored[k], counts)
                start += len(counts)
    return found


def value_intervals(
    cells: pd.DataFrame, predictions: Path, values: np.ndarray, level: float
) -> pd.DataFrame:
    """An interval for each row of results.csv that has a value, the columns of intervals.csv.

    Exact binomial for accuracies, else the percentiles of `values`, those of `resampled_values`. A
    mean over final runs has the standard deviation over their seeds in its place.
    """
    tail = (1 - level) / 2
    rows: list[dict[str, Any]] = []
    for place, cell in enumerate(cells.to_dict("records")):
        if pd.isna(cell["value"]):
            continue
        keys = {key: cell[key] for key in ("dataset", "model", "recipe")}
        bounds = _bounds(cell, predictions, values[place], tail)
        rows.append({**keys, **dict(zip(("lower", "upper", "method"), bounds, strict=True))})
    return pd.DataFrame(rows, columns=["dataset", "model", "recipe", "lower", "upper", "method"])


def _bounds(
    cell: dict[str, Any], predictions: Path, values: np.ndarray, tail: float
) -> tuple[float, float, str]:
    """Lower and upper bound of one cell, and in a few words what they are."""
    percent = f"{(1 - 2 * tail) * 100:g} %"
    if not pd.isna(cell.get("value_std")):
        spread = float(cell["value_std"])
        words = f"standard deviation over {int(cell['n_seeds'])} seeds"
        return max(cell["value"] - spread, -1.0), min(cell["value"] + spread, 1.0), words
    if cell["metric"] == "accuracy":
        path = cell_predictions(predictions, cell["dataset"], cell["model"], cell["recipe"])
        images = len(read_scored(path).ids)
        return *clopper_pearson(cell["value"], images, 1 - 2 * tail), f"{percent} Clopper-Pearson"
    lower, upper = np.nanquantile(values, [tail, 1 - tail])
    return float(lower), float(upper), f"{percent} bootstrap over the test images"
