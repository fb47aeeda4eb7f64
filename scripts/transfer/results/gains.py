"""What one part of a study gains over another, image by image: pre-training over random weights."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.errors import UserError
from transfer.results.predictions import Scored, cell_predictions, read_scored
from transfer.results.table import StudyResults, part_values


def compared_parts(results: StudyResults, first: str, second: str) -> list[str]:
    """The models of both parts; raises UserError if the datasets differ or no model is shared."""
    one, other = results.study.parts[first], results.study.parts[second]
    models = [model for model in one.models if model in other.models]
    if set(one.datasets) != set(other.datasets) or not models:
        raise UserError(
            f"study {results.study.name}: parts {first} and {second} are compared image by image: "
            "they need the same datasets and models"
        )
    return models


def gains(results: StudyResults, first: str, second: str) -> pd.DataFrame:
    """How much higher a part's values are than another's, models x datasets, as fractions."""
    models = compared_parts(results, first, second)
    theirs = part_values(results, second)
    return (part_values(results, first) - theirs[part_values(results, first).columns]).loc[models]


def mean_gains(
    results: StudyResults, predictions: Path, first: str, second: str, samples: int, seed: int
) -> pd.DataFrame:
    """The gain of each model, averaged over datasets, and its standard error over test images.

    `predictions` holds `<dataset>/<model>/<recipe>.npz` of selected runs. The images are drawn with
    replacement `samples` times, the same ones for both runs and for all datasets that report on
    the same images; the standard error says nothing of other seeds of training. Columns `gain` and
    `standard_error`, fractions, one row per model that has a value everywhere in both parts.
    """
    found = {}
    differences = gains(results, first, second).dropna()
    for model in differences.index:
        pairs = [
            _pair(results, predictions, dataset, model, (first, second))
            for dataset in differences.columns
        ]
        generator = np.random.default_rng(seed)
        drawn = [_resampled(pairs, generator) for _ in range(samples)]
        found[model] = {
            "gain": float(differences.loc[model].mean()),
            "standard_error": float(np.nanstd(drawn, ddof=1)),
        }
    return pd.DataFrame.from_dict(found, orient="index", columns=["gain", "standard_error"])


Pair = tuple[str, Scored, Scored]


def _pair(
    results: StudyResults, predictions: Path, dataset: str, model: str, parts: tuple[str, str]
) -> Pair:
    """The metric of a dataset, and the predictions of its selected runs in two parts."""
    one, other = (
        read_scored(cell_predictions(predictions, dataset, model, results.study.parts[part].recipe))
        for part in parts
    )
    if not np.array_equal(one.ids, other.ids):
        raise UserError(
            f"{predictions / dataset / model}: the runs of parts {parts[0]} and {parts[1]} report "
            "on other images: select the study's runs again"
        )
    return results.study.parts[parts[0]].metric(results.datasets[dataset]), one, other


def _resampled(pairs: Sequence[Pair], generator: np.random.Generator) -> float:
    """The mean difference on images drawn with replacement; NaN where a metric is not defined."""
    rows: dict[bytes, np.ndarray] = {}
    differences = []
    for metric, one, other in pairs:
        images = one.ids.tobytes()
        if images not in rows:
            rows[images] = generator.integers(0, len(one.ids), len(one.ids))
        chosen = rows[images]
        differences.append(one.value(metric, chosen) - other.value(metric, chosen))
    return float(np.mean(differences))
