"""Intervals of correlations and slopes, and least-squares lines on logit axes."""

from typing import NamedTuple

import numpy as np
from scipy import special, stats

from transfer.statistics.correlation import LinearFit, linear_fit
from transfer.statistics.intervals import Band, bootstrap_line
from transfer.statistics.transforms import logit

FEWEST_POINTS = 4


class Interval(NamedTuple):
    """Lower and upper bound."""

    lower: float
    upper: float


class Correlation(NamedTuple):
    """A correlation of `n` points with its two-sided p and its interval."""

    value: float
    p: float
    interval: Interval
    n: int


class LogitLine(NamedTuple):
    """A line fitted on logit axes: `fit` in log odds, `line` and `band` as fractions."""

    fit: LinearFit
    line: np.ndarray
    band: Band


def _from_z(value: float, standard_error: float, level: float) -> Interval:
    """The interval that is symmetric about the inverse hyperbolic tangent of the value."""
    if abs(value) == 1:
        return Interval(value, value)
    reach = stats.norm.ppf((1 + level) / 2) * standard_error
    lower, upper = np.tanh(np.arctanh(value) + np.array([-reach, reach]))
    return Interval(float(lower), float(upper))


def _points(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) != len(y) or len(x) < FEWEST_POINTS:
        raise ValueError(
            f"an interval of a correlation needs {FEWEST_POINTS} pairs, got {len(x)} and {len(y)}"
        )
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        raise ValueError("a correlation needs two different values on either side")
    return x, y


def pearson(x: np.ndarray, y: np.ndarray, level: float = 0.95) -> Correlation:
    """Pearson's r of `(n,)` and `(n,)`, with Fisher's interval: standard error 1 / sqrt(n - 3).

    The standard error is that of artanh r. In Section 3, x is the logit of ImageNet top-1 and y the
    mean log odds. Raises ValueError for fewer than 4 points, or if x or y is constant.
    """
    x, y = _points(x, y)
    r, p = stats.pearsonr(x, y)
    return Correlation(float(r), float(p), _from_z(float(r), (len(x) - 3) ** -0.5, level), len(x))


def spearman(x: np.ndarray, y: np.ndarray, level: float = 0.95) -> Correlation:
    """Spearman's rho with the interval of Bonett and Wright (2000), Psychometrika 65, 23-28.

    The standard error of artanh rho is sqrt((1 + rho^2 / 2) / (n - 3)). Values that agree to 12
    decimals share a rank. Raises ValueError as `pearson` does.
    """
    x, y = _points(x, y)
    rho, p = stats.spearmanr(x.round(12), y.round(12))
    error = np.sqrt((1 + rho**2 / 2) / (len(x) - 3))
    return Correlation(float(rho), float(p), _from_z(float(rho), float(error), level), len(x))


def bootstrap_pearson(
    x: np.ndarray, y: np.ndarray, samples: int, seed: int, level: float = 0.95
) -> Interval:
    """Percentile interval of Pearson's r under resampling of the points (pairs bootstrap).

    Resamples in which x or y is constant have no correlation and are redrawn.
    """
    x, y = _points(x, y)
    generator = np.random.default_rng(seed)
    values = np.empty(0)
    while len(values) < samples:
        rows = generator.integers(0, len(x), size=(samples - len(values), len(x)))
        xs = x[rows] - x[rows].mean(axis=1, keepdims=True)
        ys = y[rows] - y[rows].mean(axis=1, keepdims=True)
        scale = np.sqrt((xs**2).sum(axis=1) * (ys**2).sum(axis=1))
        spread = scale > 1e-12
        values = np.append(values, (xs * ys).sum(axis=1)[spread] / scale[spread])
    lower, upper = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))


def slope_interval(x: np.ndarray, y: np.ndarray, level: float = 0.95) -> Interval:
    """Interval of the least-squares slope of `y` on `x`, by Student's t with n - 2 degrees.

    Raises ValueError as `pearson` does.
    """
    x, y = _points(x, y)
    fit = stats.linregress(x, y)
    reach = stats.t.ppf((1 + level) / 2, len(x) - 2) * fit.stderr
    return Interval(float(fit.slope - reach), float(fit.slope + reach))


def logit_line(
    x: np.ndarray, y: np.ndarray, grid: np.ndarray, samples: int, seed: int, level: float = 0.95
) -> LogitLine:
    """Least squares on the logits of both axes, with a seeded bootstrap band (Figure 2).

    `x`, `y`: fractions in (0, 1), one point per model; `grid`: fractions at which the line and the
    band are given. Raises ValueError for values outside (0, 1) or a constant `x`.
    """
    log_x, log_y, log_grid = (logit(np.asarray(v, dtype=float)) for v in (x, y, grid))
    fit = linear_fit(log_x, log_y)
    band = bootstrap_line(log_x, log_y, log_grid, samples, seed, level)
    line = special.expit(fit.intercept + fit.slope * log_grid)
    return LogitLine(fit, line, Band(special.expit(band.lower), special.expit(band.upper)))
