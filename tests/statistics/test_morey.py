"""Mean log odds and error bars compared with their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from transfer.statistics.morey import (
    adjusted_log_odds,
    correction_factor,
    mean_accuracy,
    mean_log_odds,
    standard_errors,
)

tables = hnp.arrays(
    float, st.tuples(st.integers(2, 6), st.integers(2, 7)), elements=st.floats(-5, 5)
)


def test_the_mean_is_taken_of_the_log_odds_and_not_of_the_accuracies():
    by_hand = [(math.log(0.5 / 0.5) + math.log(0.9 / 0.1)) / 2, math.log(0.8 / 0.2)]
    assert mean_log_odds(np.array([[0.5, 0.9], [0.8, 0.8]])) == pytest.approx(by_hand)


@pytest.mark.parametrize("bad", [0.0, 1.0, 71.6, float("nan")])
def test_an_accuracy_without_log_odds_is_refused(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_log_odds(np.array([[0.5, bad]]))


@given(tables, st.floats(-3, 3))
def test_how_hard_a_dataset_is_leaves_no_trace(table, harder):
    shifted = table.copy()
    shifted[:, 0] += harder
    assert adjusted_log_odds(shifted) == pytest.approx(adjusted_log_odds(table), abs=1e-9)
    assert adjusted_log_odds(table).mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert standard_errors(shifted) == pytest.approx(standard_errors(table), abs=1e-9)


@given(tables)
def test_two_models_have_the_same_error_bar(table):
    first, second = standard_errors(table[:2])
    assert first == pytest.approx(second, abs=1e-12)


def test_error_bars_by_hand():
    log_odds = np.array([[1.0, 2.0], [3.0, 8.0], [2.0, 2.0]])
    # Adjusted: -1 -2; 1 4; 0 -2. Deviations from each mean: 0.5, 1.5, 1.
    plain = np.array([0.5, 1.5, 1.0]) / math.sqrt(2)
    assert standard_errors(log_odds, "none") == pytest.approx(plain)
    assert standard_errors(log_odds, "none", ddof=1) == pytest.approx(plain * math.sqrt(2))
    assert standard_errors(log_odds, "printed") == pytest.approx(plain * 1.5)
    assert standard_errors(log_odds, "morey") == pytest.approx(plain * math.sqrt(1.5))


def test_the_bars_are_those_of_morey_up_to_his_grand_mean():
    values = np.random.default_rng(2).normal(size=(16, 12))
    normalized = values - values.mean(axis=0) + values.mean()
    variance = normalized.var(axis=1, ddof=1) * 16 / 15
    assert standard_errors(values, "morey", ddof=1) == pytest.approx(np.sqrt(variance / 12))


def test_without_a_spread_over_models_the_correction_gives_the_error_of_independent_values():
    # The expected variance of adjusted values is (M - 1) / M of the models' own.
    values = np.random.default_rng(5).normal(size=(4, 40_000))
    plain = values.std(axis=1, ddof=1) / math.sqrt(40_000)
    assert standard_errors(values, "morey", ddof=1) == pytest.approx(plain, rel=0.02)
    assert standard_errors(values, "printed", ddof=1) == pytest.approx(
        plain * math.sqrt(4 / 3), rel=0.02
    )


def test_corrections_without_sense_are_refused():
    with pytest.raises(ValueError, match="two of them"):
        correction_factor(1, "morey")
    with pytest.raises(ValueError, match="known: morey, printed, none"):
        correction_factor(3, "cousineau")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more than 1 datasets"):
        standard_errors(np.array([[1.0], [2.0]]), ddof=1)


@given(hnp.arrays(float, (5, 3), elements=st.floats(0.05, 0.95)))
def test_a_bar_of_figure_6_lies_between_its_models_and_inside_its_bounds(fractions):
    bar = mean_accuracy(fractions)
    assert (bar.lower <= bar.mean).all() and (bar.mean <= bar.upper).all()
    assert (fractions.min(axis=0) - 1e-9 <= bar.mean).all()
    assert (bar.mean <= fractions.max(axis=0) + 1e-9).all()
    assert (bar.lower > 0).all() and (bar.upper < 1).all()


def test_a_bar_of_figure_6_by_hand():
    # Log odds -1 and 3: mean 1, standard deviation 2 sqrt 2, standard error 2.
    def inverse(x):
        return 1 / (1 + math.exp(-x))

    bar = mean_accuracy(np.array([[inverse(-1)], [inverse(3)]]))
    assert [float(v[0]) for v in bar] == pytest.approx([inverse(1), inverse(-1), inverse(3)])
