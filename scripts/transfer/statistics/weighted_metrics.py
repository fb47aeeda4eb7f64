"""Metrics on many resamples of a test set at once, each given by the counts of its images.

`counts` is `(resamples, n)`; predictions, labels and scores are those of
`transfer.training.metrics` on the `n` images. Each function returns the metric on the drawn
images, `(resamples,)`, which is NaN if it is undefined for a resample.
"""

import numpy as np


def accuracy(counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Fraction of images whose labels are all correct."""
    right = predicted == labels if labels.ndim == 1 else (predicted == labels).all(axis=1)
    return np.asarray(counts @ right.astype(float) / counts.sum(axis=1))


def macro_f1(
    counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray, classes: int
) -> np.ndarray:
    """F1 averaged over classes; zero for a class that is neither drawn nor predicted."""
    truth, said = _one_hot(labels, classes), _one_hot(predicted, classes)
    both, either = counts @ (truth * said), counts @ truth + counts @ said
    f1 = np.divide(2 * both, either, out=np.zeros_like(both), where=either > 0)
    return np.asarray(f1.mean(axis=1))


def quadratic_weighted_kappa(
    counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray, classes: int
) -> np.ndarray:
    """Cohen's kappa with quadratic weights; 1 if one grade alone is drawn and predicted."""
    pairs = counts @ _one_hot(labels * classes + predicted, classes * classes)
    observed = pairs.reshape(len(counts), classes, classes)
    by_chance = (
        observed.sum(axis=2)[:, :, None]
        * observed.sum(axis=1)[:, None, :]
        / observed.sum(axis=(1, 2))[:, None, None]
    )
    grades = np.arange(classes)
    weights = (grades[:, None] - grades) ** 2
    apart, expected = ((table * weights).sum(axis=(1, 2)) for table in (observed, by_chance))
    return 1 - np.divide(apart, expected, out=np.zeros_like(apart), where=expected > 0)


def mean_per_class_accuracy(
    counts: np.ndarray, predicted: np.ndarray, labels: np.ndarray, classes: int
) -> np.ndarray:
    """Accuracy of each class, averaged over the classes drawn."""
    truth = _one_hot(labels, classes)
    images = counts @ truth
    right = counts @ (truth * (predicted == labels)[:, None])
    shares = np.divide(right, images, out=np.full_like(right, np.nan), where=images > 0)
    return np.asarray(np.nanmean(shares, axis=1))


def roc_auc(counts: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Area under the ROC curve; `scores` of one class and `labels` of zeros and ones are `(n,)`.

    Fraction of pairs of a positive and a negative image that are in order; ties count half.
    """
    order = np.argsort(scores, kind="stable")
    ranked, positive = scores[order], labels[order] > 0
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    drawn = counts[:, order].astype(float)
    positives = np.add.reduceat(drawn * positive, starts, axis=1)
    negatives = np.add.reduceat(drawn * ~positive, starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    in_order = (positives * (below + negatives / 2)).sum(axis=1)
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return np.divide(in_order, pairs, out=np.full_like(in_order, np.nan), where=pairs > 0)


def _one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Float `(n, classes)`; labels that are zeros and ones already are unchanged."""
    if labels.ndim == 2:
        return labels.astype(float)
    return (labels[:, None] == np.arange(classes)).astype(float)
