"""Accuracy of the nearest neighbours (Wu et al. 2018), as of self-supervised networks."""

import numpy as np

from transfer.statistics.predictors.features import checked

NEIGHBOURS = 20
TEMPERATURE = 0.07
AT_ONCE = 1024


def knn_accuracy(
    features: np.ndarray,
    labels: np.ndarray,
    evaluated_features: np.ndarray,
    evaluated_labels: np.ndarray,
    neighbours: int = NEIGHBOURS,
) -> float:
    """Share of evaluated images whose class has most votes of the nearest training images.

    Neighbours `(n, d)` are by cosine similarity, each with the vote exp(similarity / 0.07); of
    equals the first class wins. Of fewer than `neighbours` images all vote. Raises ValueError as
    `checked` does for the training images, and for features of zeros.
    """
    features, classes = checked(features, labels)
    known = np.unique(labels)
    features, others = _unit(features), _unit(np.asarray(evaluated_features, dtype=np.float64))
    votes = np.eye(len(known))[classes]
    number = min(neighbours, len(features))
    right = 0
    for start in range(0, len(others), AT_ONCE):
        similarity = others[start : start + AT_ONCE] @ features.T
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :number]
        weights = np.exp(np.take_along_axis(similarity, nearest, axis=1) / TEMPERATURE)
        chosen = (votes[nearest] * weights[..., None]).sum(axis=1).argmax(axis=1)
        right += int((known[chosen] == evaluated_labels[start : start + AT_ONCE]).sum())
    return right / len(others)


def _unit(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError("features of zeros have no direction")
    return features / lengths
