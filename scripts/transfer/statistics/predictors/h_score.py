"""H-score (Bao et al. 2019, ICIP), also with a shrunk covariance (Ibrahim et al. 2022)."""

import numpy as np

from transfer.statistics.predictors.features import checked

# Singular values below this share of the largest count as zero in the inverse, as in common code.
CUT_OFF = 1e-15
SHRINKAGES = ("none", "ledoit_wolf")


def h_score(features: np.ndarray, labels: np.ndarray, shrinkage: str = "none") -> float:
    """Trace of the inverse covariance of features times the covariance of their class means.

    Both are sample covariances, the second of features `(n, d)` replaced by the mean of their class
    `(n, d)`. `shrinkage: ledoit_wolf` shrinks the first towards a multiple of the identity, with
    the share of Ledoit and Wolf (2004), and multiplies the second by what remains: where d is not
    small beside n, the inverse is otherwise one of noise. Raises ValueError as `checked` does, and
    for another `shrinkage`.
    """
    if shrinkage not in SHRINKAGES:
        raise ValueError(f"shrinkage '{shrinkage}' (known: {', '.join(SHRINKAGES)})")
    features, classes = checked(features, labels)
    centred = features - features.mean(axis=0)
    means = np.stack([centred[classes == k].mean(axis=0) for k in range(classes.max() + 1)])
    n, d = centred.shape
    whole, between = centred.T @ centred, means[classes].T @ means[classes]
    if shrinkage == "none":
        return float(
            np.trace(np.linalg.pinv(whole / (n - 1), CUT_OFF, hermitian=True) @ between) / (n - 1)
        )
    share = ledoit_wolf(centred)
    covariance = whole / n
    shrunk = (1 - share) * covariance + share * np.trace(covariance) / d * np.eye(d)
    return float(
        np.trace(np.linalg.pinv(shrunk, CUT_OFF, hermitian=True) @ between) * (1 - share) / n
    )


def ledoit_wolf(centred: np.ndarray) -> float:
    """The share, in [0, 1], of Ledoit and Wolf's shrinkage of the covariance of `(n, d)`."""
    n, d = centred.shape
    covariance = centred.T @ centred / n
    distance = (covariance**2).sum() - np.trace(covariance) ** 2 / d
    spread = ((centred**2).sum(axis=1) ** 2).mean() - (covariance**2).sum()
    return float(np.clip(spread / n / distance, 0, 1)) if distance > 0 else 0.0
