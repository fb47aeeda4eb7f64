"""Predictors of transfer on features that were extracted, and beside them the plain baselines."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transfer.errors import UserError
from transfer.statistics.predictors.h_score import h_score
from transfer.statistics.predictors.logistic import logistic_accuracy
from transfer.statistics.predictors.logme import logme
from transfer.statistics.predictors.neighbours import knn_accuracy

# By name, in the order they are shown: how they are called, and what they cost.
LABELS = {
    "imagenet_top1": "ImageNet top-1",
    "parameters": "Number of parameters",
    "knn": "k-NN on frozen features",
    "linear_probe": "Linear probe on frozen features",
    "logme": "LogME",
    "h_score": "H-score",
    "h_score_shrunk": "H-score, shrunk covariance",
}
BASELINES = ("imagenet_top1", "parameters")


@dataclass(frozen=True)
class Features:
    """Features `(n, d)` and labels `(n,)` of training images, and those of evaluated images.

    Labels of several per image are `(n, classes)`.
    """

    features: np.ndarray
    labels: np.ndarray
    evaluated_features: np.ndarray
    evaluated_labels: np.ndarray


def read_features(path: Path) -> Features:
    """Read a file of extract_features.py; every split but train is evaluated.

    Raises UserError if it is no such file, or has no images of either kind.
    """
    try:
        with np.load(path) as content:
            features, labels, splits = (content[key] for key in ("features", "labels", "splits"))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: not a file of extract_features.py: {error}") from None
    train = splits == "train"
    if train.all() or not train.any():
        raise UserError(f"{path}: predictors need images of the split train, and of another one")
    return Features(features[train], labels[train], features[~train], labels[~train])


def _fitted(score: Callable[..., float], **options: str) -> Callable[[Features], float]:
    return lambda data: score(data.features, data.labels, **options)


def _evaluated(score: Callable[..., float]) -> Callable[[Features], float]:
    return lambda data: score(
        data.features, data.labels, data.evaluated_features, data.evaluated_labels
    )


PREDICTORS: dict[str, Callable[[Features], float]] = {
    "knn": _evaluated(knn_accuracy),
    "linear_probe": _evaluated(logistic_accuracy),
    "logme": _fitted(logme),
    "h_score": _fitted(h_score),
    "h_score_shrunk": _fitted(h_score, shrinkage="ledoit_wolf"),
}


def predict(data: Features) -> dict[str, float]:
    """Every predictor by name; none where images have several labels."""
    if data.labels.ndim > 1:
        return {}
    return {name: score(data) for name, score in PREDICTORS.items()}
