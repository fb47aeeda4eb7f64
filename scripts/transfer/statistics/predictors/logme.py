"""LogME (You et al. 2021, ICML; You et al. 2022, JMLR): evidence of linear models on features."""

import numpy as np

from transfer.statistics.predictors.features import checked

# As in the authors' code.
ITERATIONS = 11
TOLERANCE = 1e-3
EPSILON = 1e-5


def logme(features: np.ndarray, labels: np.ndarray) -> float:
    """Log of the maximum evidence per image, the mean over classes.

    Each class is regressed, as 1 against 0, on features `(n, d)` by Bayesian linear regression with
    prior precision alpha and noise precision beta, which the fixed-point iteration of the authors'
    code maximises: from 1, at most 11 steps, until alpha / beta moves by less than 0.1 %. Where d
    exceeds n, the determinant is that of the paper's formula; the authors' later code leaves out
    the singular values that are zero. Raises ValueError as `checked` does.
    """
    features, classes = checked(features, labels)
    u, s, _ = np.linalg.svd(features, full_matrices=False)
    targets = (classes[:, None] == np.arange(classes.max() + 1)).astype(float)
    return float(np.mean([_evidence(u.T @ y, s**2, y @ y, features.shape) for y in targets.T]))


def _evidence(
    projected: np.ndarray, squares: np.ndarray, length: float, shape: tuple[int, ...]
) -> float:
    """Log evidence per image of a target, from its projection on the left singular vectors.

    `squares` are the squared singular values, `length` the target's squared norm.
    """
    n, d = shape
    energy = projected**2
    outside = length - energy.sum()
    ratio, alpha, beta, weight, residual = 1.0, 1.0, 1.0, 0.0, 0.0
    for _ in range(ITERATIONS):
        effective = (squares / (squares + ratio)).sum()
        weight = (squares * energy / (squares + ratio) ** 2).sum()
        residual = (energy / (1 + squares / ratio) ** 2).sum() + outside
        alpha = effective / (weight + EPSILON)
        beta = (n - effective) / (residual + EPSILON)
        before, ratio = ratio, alpha / beta
        if abs(ratio - before) / before <= TOLERANCE:
            break
    determinant = np.log(alpha + beta * squares).sum() + (d - len(squares)) * np.log(alpha)
    evidence = d * np.log(alpha) + n * np.log(beta) - determinant
    evidence -= beta * residual + alpha * weight + n * np.log(2 * np.pi)
    return float(evidence / (2 * n))
