"""Transforms of Appendix N compared with their definitions."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from transfer.statistics.transforms import average_of_others, logit, standardize

fractions = st.floats(0.001, 0.999)


@given(fractions)
def test_logit_is_the_log_odds_and_is_odd_about_one_half(p):
    assert float(logit(np.array([p]))[0]) == pytest.approx(math.log(p / (1 - p)), abs=1e-9)
    assert float(logit(np.array([1 - p]))[0]) == pytest.approx(-math.log(p / (1 - p)), abs=1e-6)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.2, 1.3, float("nan")])
def test_logit_refuses_what_has_none(bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        logit(pd.Series([0.5, bad]))


def test_a_bound_moves_only_values_outside_it_and_labels_stay():
    frame = pd.DataFrame({"a": [-0.2, 0.5], "b": [1.0, 0.02]}, index=["x", "y"])
    bounded = logit(frame, bound=0.01)
    edge = math.log(0.01 / 0.99)
    expected = [[edge, -edge], [0.0, math.log(0.02 / 0.98)]]
    assert bounded.to_numpy() == pytest.approx(np.array(expected))
    assert list(bounded.index) == ["x", "y"] and list(bounded.columns) == ["a", "b"]


def test_standardize_is_the_z_score_with_divisor_n():
    values = pd.DataFrame(np.random.default_rng(1).normal(3, 2, (7, 4)))
    assert standardize(values).to_numpy() == pytest.approx(stats.zscore(values.to_numpy()))


def test_the_average_of_the_others_leaves_the_column_itself_out():
    values = pd.DataFrame({"a": [1.0, 2.0], "b": [10.0, 20.0], "c": [100.0, 200.0]})
    expected = {"a": [55.0, 110.0], "b": [50.5, 101.0], "c": [5.5, 11.0]}
    assert average_of_others(values).to_numpy() == pytest.approx(pd.DataFrame(expected).to_numpy())
