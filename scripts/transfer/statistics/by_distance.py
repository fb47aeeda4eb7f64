"""Whether ImageNet accuracy predicts transfer less well to datasets further from ImageNet.

Each point is a dataset: the correlation of its metric with ImageNet top-1 over models, against its
distance to ImageNet. The datasets of one paper share its models and its fine-tuning, so a
difference between papers may be due to the datasets or to either of these.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

from transfer.statistics.correlation_intervals import Correlation, Interval, pearson, slope_interval


class TransferFit(NamedTuple):
    """Correlation and least-squares slope of one dataset's metric on ImageNet top-1."""

    correlation: Correlation
    slope: float
    slope_interval: Interval


class GroupTrend(NamedTuple):
    """Spearman's correlation within groups, pooled, and its two-sided permutation p."""

    pooled: float
    p: float


def transfer_fit(
    top1: np.ndarray, metric: np.ndarray, threshold: float = 0.7, level: float = 0.95
) -> TransferFit:
    """Fit a dataset's metric on ImageNet top-1 over the models above a threshold.

    `top1`, `metric`: fractions, one per model; `threshold`: a fraction, as in Table 2 of Fang et
    al. (2023). Raises ValueError for fewer than 4 models above it, or a constant metric.
    """
    top1, metric = np.asarray(top1, dtype=float), np.asarray(metric, dtype=float)
    x, y = top1[top1 > threshold], metric[top1 > threshold]
    found = pearson(x, y, level)
    slope = float(stats.linregress(x, y).slope)
    return TransferFit(found, slope, slope_interval(x, y, level))


def trend_within_groups(
    x: np.ndarray, y: np.ndarray, groups: np.ndarray, samples: int, seed: int
) -> GroupTrend:
    """Rank correlation of `x` and `y` within groups, and its permutation test.

    Both are ranked within each group of `groups`, and the products of centred ranks are pooled, so
    differences between groups do not contribute. p is the fraction of seeded permutations of `y`
    within its groups whose pooled value is at least as far from 0, including the observed one.
    Raises ValueError if no group has two different values of both.
    """
    x, y, groups = np.asarray(x, dtype=float), np.asarray(y, dtype=float), np.asarray(groups)
    if not (x.shape == y.shape == groups.shape and x.ndim == 1):
        raise ValueError("values and groups need one entry per dataset")
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    centred_x, centred_y = np.empty(len(x)), np.empty(len(y))
    for rows in members:
        for values, centred in ((x, centred_x), (y, centred_y)):
            ranks = stats.rankdata(values[rows].round(12))
            centred[rows] = ranks - ranks.mean()
    scale = np.sqrt((centred_x**2).sum() * (centred_y**2).sum())
    if not scale:
        raise ValueError("no group has two different values on both sides")
    generator = np.random.default_rng(seed)
    products = np.zeros(samples)
    for rows in members:
        order = generator.permuted(np.tile(centred_y[rows], (samples, 1)), axis=1)
        products += order @ centred_x[rows]
    pooled = float(centred_x @ centred_y / scale)
    extreme = np.abs(products / scale) >= abs(pooled) - 1e-9
    return GroupTrend(pooled, float((1 + extreme.sum()) / (1 + samples)))
