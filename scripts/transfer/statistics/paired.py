"""Paired comparisons of two models over datasets, or of two methods over models or datasets."""

from typing import NamedTuple

import numpy as np
from scipy import stats

# Differences of printed decimals are equal or zero up to rounding in binary: 92.1 - 91.5 is not
# 77.2 - 76.6 in floating point.
DECIMALS = 9


class SignedRank(NamedTuple):
    """Wilcoxon's signed rank test: sums of the ranks of either sign, pairs that differ, exact p."""

    positive: float
    negative: float
    n: int
    p: float


class Ties(NamedTuple):
    """Models that are tied with the best: its index, p against it, and whether p exceeds alpha.

    `p` is 1 for the best model itself, which counts as tied.
    """

    best: int
    p: np.ndarray
    tied: np.ndarray


class BrokenTie(NamedTuple):
    """Two indices whose differences are tied in decimal but not in binary, and the resulting p."""

    places: tuple[int, int]
    p: float


class Gain(NamedTuple):
    """Difference between one row of values and another, one per column.

    `above`, `equal` and `below` count the columns; `test` is Wilcoxon's on the differences.
    """

    differences: np.ndarray
    mean: float
    above: int
    equal: int
    below: int
    test: SignedRank


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"pairs need two lists of one length, got {first.shape}, {second.shape}")
    differences = np.round(first - second, DECIMALS)
    if np.isnan(differences).any():
        raise ValueError("a pair has a missing value")
    return differences


def paired_t_test(first: np.ndarray, second: np.ndarray) -> float:
    """Two-sided p of Student's paired t-test with n - 1 degrees of freedom.

    p is 1 for equal lists and 0 if all differences are the same nonzero number. Raises ValueError
    for fewer than two pairs.
    """
    differences = _differences(first, second)
    if len(differences) < 2:
        raise ValueError("a t-test needs two pairs")
    if np.ptp(differences) == 0:
        return 1.0 if differences[0] == 0 else 0.0
    return float(stats.ttest_1samp(differences, 0).pvalue)


def tied_with_best(log_odds: np.ndarray, alpha: float = 0.05) -> Ties:
    """Models whose mean does not differ significantly from the best one's (Section 3, Figure 2).

    `log_odds`: `(models, datasets)`. The best model is the first with the highest mean. Another
    model is tied with it if the two-sided p of a t-test paired over datasets exceeds `alpha`. As in
    the paper, there is no correction for the number of comparisons.
    """
    log_odds = np.asarray(log_odds, dtype=float)
    best = int(np.argmax(log_odds.mean(axis=1)))
    p = np.array(
        [
            1.0 if model == best else paired_t_test(log_odds[best], log_odds[model])
            for model in range(len(log_odds))
        ]
    )
    return Ties(best, p, p > alpha)


def signed_rank_test(first: np.ndarray, second: np.ndarray) -> SignedRank:
    """Wilcoxon's signed rank test with its exact two-sided p, also with ties and zeros.

    Equal pairs are dropped (Wilcoxon's own rule). Equal absolute differences get their mean rank,
    and p is the fraction of all 2^n assignments of signs whose rank sum is at least as far from its
    mean; scipy's `method="exact"` is valid only without ties. p is 1 if all pairs are equal.
    """
    differences = _differences(first, second)
    differences = differences[differences != 0]
    n = len(differences)
    if not n:
        return SignedRank(0.0, 0.0, 0, 1.0)
    # Mean ranks are multiples of one half: doubled, they are whole numbers.
    doubled = np.rint(2 * stats.rankdata(np.abs(differences))).astype(int)
    counts = np.array([1.0])
    for rank in doubled:
        grown = np.zeros(len(counts) + rank)
        grown[: len(counts)] += counts
        grown[rank:] += counts
        counts = grown / 2
    positive, total = int(doubled[differences > 0].sum()), int(doubled.sum())
    sums = np.arange(total + 1)
    extreme = np.abs(2 * sums - total) >= abs(2 * positive - total)
    p = min(1.0, float(counts[extreme].sum()))
    return SignedRank(positive / 2, (total - positive) / 2, n, p)


def broken_tie(first: np.ndarray, second: np.ndarray) -> BrokenTie | None:
    """Find a tie that is broken if differences are computed in binary floating point.

    92.1 - 91.5 and 77.2 - 76.6 are both 0.6 in decimal but differ in binary, so software that
    subtracts floating-point numbers ranks them differently and gets another p. Returns None if p is
    the same.
    """
    raw = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    ranks = np.sign(raw) * stats.rankdata(np.abs(raw))
    p = signed_rank_test(ranks, np.zeros(len(ranks))).p
    size = np.abs(_differences(first, second))
    tied = [
        (i, j)
        for i in range(len(raw))
        for j in range(i + 1, len(raw))
        if size[i] == size[j] and abs(raw[i]) != abs(raw[j])
    ]
    return (
        BrokenTie(tied[0], p)
        if tied and not np.isclose(p, signed_rank_test(first, second).p)
        else None
    )


def gain(first: np.ndarray, second: np.ndarray) -> Gain:
    """Difference of two rows of values, column by column, with the exact signed rank test.

    `first`, `second`: `(columns,)` in the same unit, such as percent on each target of Table 3 of
    Ngiam et al. (2018). Raises ValueError for missing values or different lengths.
    """
    differences = _differences(first, second)
    return Gain(
        differences=differences,
        mean=float(differences.mean()),
        above=int((differences > 0).sum()),
        equal=int((differences == 0).sum()),
        below=int((differences < 0).sum()),
        test=signed_rank_test(first, second),
    )


def gain_over_best(first: np.ndarray, others: np.ndarray) -> Gain:
    """Like `gain`, relative to the best of several rows in each column.

    `first`: `(columns,)`, `others`: `(rows, columns)`. The best row is chosen by the compared
    values themselves, which is in its favour: relative to a row chosen beforehand, the gain would
    be larger.
    """
    return gain(first, np.asarray(others, dtype=float).max(axis=0))


def cells_below(values: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Which values lie below their column's reference, bool `(rows, columns)`.

    `values`: `(rows, columns)`; `reference`: `(columns,)`, such as training from random
    initialization. An equal value is not below.
    """
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    return np.round(values - reference, DECIMALS) < 0
