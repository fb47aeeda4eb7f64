"""The interval of inexact readings compared with closed forms."""

import numpy as np
import pytest

from transfer.statistics.reading import reading_interval


def test_one_value_moves_within_its_precision():
    interval = reading_interval(lambda x: x[0], [np.array([5.0])], [0.2], 20_000, seed=1)
    # The central 95 % of a uniform distribution of width 0.4.
    assert interval == pytest.approx((5 - 0.19, 5 + 0.19), abs=0.005)


def test_a_mean_of_many_readings_is_known_better_than_each():
    values = np.linspace(60, 90, 192)
    interval = reading_interval(np.mean, [values], [0.2], 4000, seed=2)
    reach = 1.96 * 0.2 / np.sqrt(3 * 192)
    assert interval == pytest.approx((75 - reach, 75 + reach), abs=0.002)


def test_each_array_has_its_own_precision():
    first, second = np.array([1.0]), np.array([1.0])
    interval = reading_interval(lambda x, y: x[0] - y[0], [first, second], [0, 0.5], 9000, seed=3)
    assert interval == pytest.approx((-0.475, 0.475), abs=0.02)
    with pytest.raises(ValueError, match="2 arrays of values and 1 precisions"):
        reading_interval(lambda x, y: 0, [first, second], [0.1], 10, seed=0)


def test_exact_values_have_no_interval_and_the_seed_decides():
    values = np.array([1.0, 2.0, 4.0])
    assert reading_interval(np.max, [values], [0.0], 10, seed=0) == (4, 4)
    first, again, other = (reading_interval(np.max, [values], [0.1], 50, seed=s) for s in (1, 1, 2))
    assert first == again != other
