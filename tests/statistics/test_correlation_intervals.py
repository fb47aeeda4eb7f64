"""Intervals of correlations compared with closed formulas, other libraries and simulation."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from transfer.statistics.correlation_intervals import (
    bootstrap_pearson,
    logit_line,
    pearson,
    slope_interval,
    spearman,
)

X = np.array([0.716, 0.724, 0.736, 0.753, 0.767, 0.786, 0.799, 0.808])
Y = np.array([1.09, 1.10, 1.16, 1.20, 1.35, 1.44, 1.47, 1.53])
points = st.lists(
    st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)), min_size=4, max_size=25
)


@given(points)
def test_pearson_and_its_interval_are_those_of_scipy(pairs):
    x, y = np.array(pairs, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return
    mine, theirs = pearson(x, y, 0.9), stats.pearsonr(x, y)
    assert (mine.value, mine.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-9)
    assert mine.n == len(pairs)
    if abs(mine.value) < 1 - 1e-6:
        interval = theirs.confidence_interval(0.9)
        assert mine.interval == pytest.approx((interval.low, interval.high), abs=1e-7)


@given(points)
def test_spearman_is_scipys_and_lies_in_its_interval(pairs):
    x, y = np.array(pairs, dtype=float).T
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return
    mine, theirs = spearman(x, y), stats.spearmanr(x, y)
    assert (mine.value, mine.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-9)
    assert mine.interval.lower <= mine.value + 1e-9 and mine.value - 1e-9 <= mine.interval.upper


def test_the_interval_of_spearman_by_hand():
    y = np.array([1.09, 1.16, 1.10, 1.35, 1.20, 1.44, 1.53, 1.47])
    rho = 1 - 6 * 6 / (8 * 63)
    reach = 1.959964 * math.sqrt((1 + rho**2 / 2) / 5)
    bounds = [math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)]
    found = spearman(X, y)
    assert found.value == pytest.approx(rho)
    assert found.interval == pytest.approx(bounds, abs=1e-6)


def test_equal_up_to_the_last_bit_is_a_tie():
    y = np.array([0.1 + 0.2, 0.3, 0.5, 0.9, 0.2])
    x = np.array([1.0, 2.0, 3.0, 4.0, 0.0])
    assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, [2, 2, 3, 4, 1]).statistic)


@pytest.mark.parametrize("kind", [pearson, spearman])
def test_intervals_cover_the_truth_as_often_as_they_say(kind):
    generator = np.random.default_rng(0)
    truth = {pearson: 0.6, spearman: 6 / math.pi * math.asin(0.3)}[kind]
    hits = 0
    for _ in range(600):
        x = generator.normal(size=30)
        y = 0.6 * x + 0.8 * generator.normal(size=30)
        interval = kind(x, y).interval
        hits += interval.lower <= truth <= interval.upper
    # The standard deviation of the share is 0.9 %.
    assert hits / 600 == pytest.approx(0.95, abs=0.03)


def test_points_on_a_line_have_an_interval_without_width():
    assert pearson(X, 2 * X).interval == pytest.approx((1, 1), abs=1e-6)
    assert bootstrap_pearson(X, -X, 100, seed=1) == pytest.approx((-1, -1))


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1, 2, 3], [1, 2, 3], "needs 4 pairs"),
        ([1, 2, 3, 4], [1, 2, 3], "needs 4 pairs"),
        ([1, 1, 1, 1], [1, 2, 3, 4], "two different values"),
        ([1, 2, 3, 4], [5, 5, 5, 5], "two different values"),
    ],
)
@pytest.mark.parametrize("kind", [pearson, spearman, slope_interval])
def test_what_has_no_correlation_is_refused(kind, x, y, says):
    with pytest.raises(ValueError, match=says):
        kind(np.array(x), np.array(y))


def test_bootstrap_interval_is_that_of_a_plain_loop():
    generator, values = np.random.default_rng(77), []
    while len(values) < 4000:
        rows = generator.choice(len(X), len(X))
        if np.ptp(X[rows]) > 0:
            values.append(np.corrcoef(X[rows], Y[rows])[0, 1])
    found = bootstrap_pearson(X, Y, 4000, seed=1)
    assert found == pytest.approx(np.percentile(values, [2.5, 97.5]), abs=0.01)
    assert found == bootstrap_pearson(X, Y, 4000, seed=1)
    assert found != bootstrap_pearson(X, Y, 4000, seed=2)


def test_bootstrap_draws_again_where_all_points_are_the_same():
    x, y = np.array([0.0, 0.0, 0.0, 1.0]), np.array([0.0, 0.1, 0.2, 1.0])
    interval = bootstrap_pearson(x, y, 500, seed=3)
    assert np.isfinite(interval).all() and interval.upper <= 1 + 1e-12


def test_the_interval_of_the_slope_is_that_of_statsmodels():
    theirs = sm.OLS(Y, sm.add_constant(X)).fit().conf_int(0.1)[1]
    assert slope_interval(X, Y, 0.9) == pytest.approx(theirs)


def test_a_line_on_logit_axes_is_fitted_to_log_odds():
    y = special.expit(Y)
    found = logit_line(X, y, X, samples=300, seed=4)
    slope, start = np.polyfit(special.logit(X), Y, 1)
    assert (found.fit.slope, found.fit.intercept) == pytest.approx((slope, start))
    assert found.line == pytest.approx(special.expit(start + slope * special.logit(X)))
    assert (found.band.lower <= found.line).all() and (found.line <= found.band.upper).all()
    assert (found.band.lower > 0).all() and (found.band.upper < 1).all()


def test_a_line_on_logit_axes_refuses_percent():
    with pytest.raises(ValueError, match="between 0 and 1"):
        logit_line(X * 100, special.expit(Y), X, samples=10, seed=0)
