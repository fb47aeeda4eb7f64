"""Accuracy of logistic regression on frozen features: the linear probe without augmentation."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from transfer.statistics.predictors.features import checked

PENALTY = 1e-3
ITERATIONS = 1000


def logistic_accuracy(
    features: np.ndarray,
    labels: np.ndarray,
    evaluated_features: np.ndarray,
    evaluated_labels: np.ndarray,
    penalty: float = PENALTY,
) -> float:
    """Accuracy on evaluated images of multinomial logistic regression on the training images.

    Features `(n, d)` are standardised by the training images. The mean cross-entropy plus
    `penalty / 2` times the squared norm of the weights, without the biases, is minimised by L-BFGS,
    from zero. Raises ValueError as `checked` does for the training images.
    """
    features, classes = checked(features, labels)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    # A feature that is the same everywhere says nothing.
    scale = np.where(deviation > 0, deviation, np.inf)
    weights, biases = logistic_regression((features - mean) / scale, classes, penalty)
    others = (np.asarray(evaluated_features, dtype=np.float64) - mean) / scale
    chosen = (others @ weights + biases).argmax(axis=1)
    return float((np.unique(labels)[chosen] == evaluated_labels).mean())


def logistic_regression(
    features: np.ndarray, classes: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Weights `(d, k)` and biases `(k,)` of classes 0 to k - 1, as in `logistic_accuracy`."""
    n, d = features.shape
    k = int(classes.max()) + 1
    targets = np.eye(k)[classes]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, biases = flat[: d * k].reshape(d, k), flat[d * k :]
        scores = features @ weights + biases
        value = -(log_softmax(scores, axis=1) * targets).sum() / n
        error = (softmax(scores, axis=1) - targets) / n
        gradient = features.T @ error + penalty * weights
        value += penalty / 2 * (weights**2).sum()
        return value, np.concatenate([gradient.ravel(), error.sum(axis=0)])

    options = {"maxiter": ITERATIONS, "ftol": 1e-12, "gtol": 1e-7}
    found = minimize(loss, np.zeros(d * k + k), jac=True, method="L-BFGS-B", options=options)
    return found.x[: d * k].reshape(d, k), found.x[d * k :]
