"""Intervals compared with their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from transfer.statistics.intervals import bootstrap_line, clopper_pearson, hanley_mcneil


@given(st.integers(1, 3000), st.data())
def test_clopper_pearson_inverts_the_two_binomial_tails(n, data):
    correct = data.draw(st.integers(0, n))
    lower, upper = clopper_pearson(correct / n, n)
    assert 0 <= lower <= correct / n <= upper <= 1
    if correct == 0:
        assert lower == 0
    else:
        assert stats.binom.sf(correct - 1, n, lower) == pytest.approx(0.025, rel=1e-4)
    if correct == n:
        assert upper == 1
    else:
        assert stats.binom.cdf(correct, n, upper) == pytest.approx(0.025, rel=1e-4)


def test_clopper_pearson_of_none_in_three_is_the_textbook_value():
    assert clopper_pearson(0, 3)[1] == pytest.approx(1 - 0.025 ** (1 / 3))


def test_a_wider_level_gives_a_wider_interval():
    narrow, wide = (clopper_pearson(0.8835, 732, level) for level in (0.9, 0.99))
    assert wide[0] < narrow[0] < 0.8835 < narrow[1] < wide[1]


def test_hanley_mcneil_is_exact_where_scores_are_exponential():
    positives, negatives, rate = 40, 60, 0.1
    generator = np.random.default_rng(0)
    pos = generator.exponential(1 / rate, (6000, positives, 1))
    neg = generator.exponential(1, (6000, 1, negatives))
    measured = (pos > neg).mean(axis=(1, 2)).std()
    lower, upper = hanley_mcneil(1 / (1 + rate), positives, negatives)
    # With 6,000 samples the standard deviation is known to about 1 %.
    assert (upper - lower) / 2 / 1.959964 == pytest.approx(measured, rel=0.04)


def test_hanley_mcneil_stays_inside_zero_and_one():
    assert hanley_mcneil(0.99, 5, 5)[1] == 1
    assert hanley_mcneil(1.0, 50, 50) == (1.0, 1.0)


X = np.array([0.56, 0.60, 0.70, 0.75, 0.80, 0.83])
Y = np.array([0.10, 0.30, 0.25, 0.50, 0.45, 0.70])
GRID = np.array([0.5, 0.7, 0.9])


def test_bootstrap_band_is_that_of_a_plain_loop():
    band = bootstrap_line(X, Y, GRID, 20_000, seed=1)
    generator = np.random.default_rng(99)
    lines = []
    while len(lines) < 5000:
        rows = generator.choice(len(X), len(X))
        if np.ptp(X[rows]) > 0:
            lines.append(np.polyval(np.polyfit(X[rows], Y[rows], 1), GRID))
    lower, upper = np.percentile(lines, [2.5, 97.5], axis=0)
    # Where the models lie; at 0.5, outside them, the tail of the slopes is long.
    assert band.lower[1:] == pytest.approx(lower[1:], abs=0.02)
    assert band.upper[1:] == pytest.approx(upper[1:], abs=0.02)


def test_bootstrap_band_depends_on_the_seed_alone():
    first, again, other = (bootstrap_line(X, Y, GRID, 500, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.lower, again.lower) and np.array_equal(first.upper, again.upper)
    assert not np.array_equal(first.lower, other.lower)


def test_points_on_a_line_have_a_band_without_width():
    band = bootstrap_line(X, 2 * X - 0.3, GRID, 200, seed=3)
    assert band.lower == pytest.approx(2 * GRID - 0.3)
    assert band.upper == pytest.approx(2 * GRID - 0.3)


def test_two_models_have_a_band_though_half_of_the_resamples_have_no_line():
    band = bootstrap_line(X[:2], Y[:2], GRID, 200, seed=0)
    assert np.isfinite(band.lower).all() and np.isfinite(band.upper).all()
