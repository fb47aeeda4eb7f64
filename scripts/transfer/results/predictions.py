"""The predictions that a study keeps of its selected runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.errors import UserError
from transfer.metrics import metric_problem
from transfer.results.table import StudyResults, part_values
from transfer.training.metrics import METRICS, predict


@dataclass(frozen=True)
class Scored:
    """A selected run's scores on one split: `ids` `(n,)`, the rest as in metrics.

    `thresholds` are logits, one per class, or None where none were searched.
    """

    ids: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    predicted: np.ndarray
    thresholds: np.ndarray | None = None

    def value(self, metric: str, rows: np.ndarray | None = None) -> float:
        """The metric on all images, or on some by row; a row may be repeated."""
        chosen = slice(None) if rows is None else rows
        measure = METRICS[metric]
        return measure(self.predicted[chosen], self.labels[chosen], self.scores[chosen])


def read_scored(path: Path) -> Scored:
    """The kept predictions on the reported images; raises UserError if there is no file."""
    found = read_split(path, "")
    if found is None:
        raise UserError(f"{path}: holds no predictions; select the study's runs again")
    return found


def read_split(path: Path, prefix: str) -> Scored | None:
    """Kept predictions on a further split, whose arrays are named `<prefix>ids` and so on.

    None where the file holds none. Raises UserError if there is no file.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            if f"{prefix}ids" not in kept:
                return None
            scores, labels = kept[f"{prefix}scores"].astype(np.float64), kept[f"{prefix}labels"]
            thresholds = kept.get("thresholds")
            predicted = predict(scores, labels, thresholds)
            return Scored(kept[f"{prefix}ids"], labels, scores, predicted, thresholds)
    except FileNotFoundError:
        raise UserError(f"{path}: no such predictions; select the study's runs again") from None


def cell_predictions(folder: Path, dataset: str, model: str, recipe: str) -> Path:
    """Where a study keeps the predictions of a cell's selected run."""
    return folder / dataset / model / f"{recipe}.npz"


def part_predictions(
    results: StudyResults, folder: Path, part: str, dataset: str
) -> dict[str, Path]:
    """The kept predictions on a dataset by model, of a part's models that have a value there.

    Raises UserError if the part does not have the dataset.
    """
    of = results.study.parts[part]
    if dataset not in of.datasets:
        raise UserError(
            f"part '{part}' of study {results.study.name} has no dataset '{dataset}'; it has "
            f"{', '.join(of.datasets)}"
        )
    values = part_values(results, part)[dataset].dropna()
    return {model: cell_predictions(folder, dataset, model, of.recipe) for model in values.index}


def values_by_metric(
    results: StudyResults, folder: Path, part: str, dataset: str, metrics: Sequence[str]
) -> pd.DataFrame:
    """The selected runs of a part on a dataset by further metrics, models x metrics, as fractions.

    NaN for a model without a value. Raises UserError for a metric that is not defined there.
    """
    kept = part_predictions(results, folder, part, dataset)
    for metric in metrics:
        if problem := metric_problem(metric, results.datasets[dataset].multilabel):
            raise UserError(f"{dataset}: {problem}")
    found = {}
    for model, path in kept.items():
        scored = read_scored(path)
        found[model] = {metric: scored.value(metric) for metric in metrics}
    table = pd.DataFrame.from_dict(found, orient="index", columns=list(metrics))
    return table.reindex(list(results.study.parts[part].models)).astype(float)
