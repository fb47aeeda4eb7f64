"""Intervals: exact binomial for accuracies, bootstrap for fitted lines."""

from typing import NamedTuple

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


class Band(NamedTuple):
    """Lower and upper bound at each grid point, fractions."""

    lower: np.ndarray
    upper: np.ndarray


def clopper_pearson(accuracy: float, n_images: int, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval of an accuracy in [0, 1] measured on `n_images` images.

    A printed accuracy is rounded, so the count of correct images is the nearest whole number.
    """
    correct = round(accuracy * n_images)
    lower, upper = proportion_confint(correct, n_images, alpha=1 - level, method="beta")
    return float(lower), float(upper)


def bootstrap_line(
    x: np.ndarray, y: np.ndarray, grid: np.ndarray, samples: int, seed: int, level: float = 0.95
) -> Band:
    """Percentile band of the least-squares line under resampling of the models (pairs bootstrap).

    `x`, `y`: one point per model; the band is evaluated at the points of `grid`. Resamples in which
    all models have the same x determine no line and are redrawn.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    generator = np.random.default_rng(seed)
    lines = np.empty((0, len(grid)))
    while len(lines) < samples:
        rows = generator.integers(0, len(x), size=(samples - len(lines), len(x)))
        xs, ys = x[rows], y[rows]
        centred = xs - xs.mean(axis=1, keepdims=True)
        spread = (centred**2).sum(axis=1)
        fits = spread > 1e-12
        slope = (centred * ys).sum(axis=1)[fits] / spread[fits]
        start = ys[fits].mean(axis=1) - slope * xs[fits].mean(axis=1)
        lines = np.vstack([lines, start[:, None] + slope[:, None] * grid])
    tail = (1 - level) / 2
    lower, upper = np.quantile(lines, [tail, 1 - tail], axis=0)
    return Band(lower, upper)


def hanley_mcneil(
    auc: float, n_positive: int, n_negative: int, level: float = 0.95
) -> tuple[float, float]:
    """Interval of an area under the ROC curve from its value and the class counts alone.

    Normal approximation with the standard error of Hanley and McNeil (1982), equation 1, and
    their exponential model of Q1 and Q2. For published values, whose predictions are unavailable.
    """
    q1 = auc / (2 - auc)
    q2 = 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (n_positive - 1) * (q1 - auc**2) + (n_negative - 1) * (q2 - auc**2)
    ) / (n_positive * n_negative)
    reach = float(stats.norm.ppf((1 + level) / 2) * np.sqrt(variance))
    return max(auc - reach, 0.0), min(auc + reach, 1.0)
