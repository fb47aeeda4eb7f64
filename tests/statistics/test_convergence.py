"""Steps to a fraction of the best odds: worked examples and properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.statistics.convergence import (
    epochs,
    spread,
    steps_to_threshold,
    steps_within_reading,
)

STEPS = np.array([76, 152, 305, 610])
curves = st.lists(st.integers(1, 98).map(lambda p: p / 100), min_size=1, max_size=9)


def test_the_threshold_is_a_share_of_the_odds_and_not_of_the_accuracy():
    # Odds 1, 3, 3.55, 4: nine tenths of 4 are 3.6, though 0.75 is above nine tenths of 0.8.
    assert steps_to_threshold(STEPS, np.array([0.5, 0.75, 0.78, 0.8])) == 610
    assert steps_to_threshold(STEPS, np.array([0.5, 0.75, 0.79, 0.8])) == 305
    assert steps_to_threshold(STEPS, np.array([0.5, 0.75, 0.79, 0.8]), share=0.75) == 152


def test_the_first_step_at_the_threshold_counts_even_if_the_curve_falls_again():
    assert steps_to_threshold(STEPS, np.array([0.1, 0.79, 0.5, 0.8])) == 152


@given(curves, st.randoms())
def test_the_order_of_the_points_does_not_matter(accuracy, random):
    points = [(76 * 2**k, a) for k, a in enumerate(accuracy)]
    steps, values = np.array(points).T
    found = steps_to_threshold(steps, values)
    assert found in steps and found <= steps[np.argmax(values)]
    random.shuffle(points)
    assert steps_to_threshold(*np.array(points).T) == found


@given(curves, st.data())
def test_no_reading_within_its_error_leaves_the_bounds(accuracy, data):
    steps, values = np.arange(1, len(accuracy) + 1), np.array(accuracy)
    bounds = steps_within_reading(steps, values, 0.01)
    assert bounds.earliest <= bounds.read <= bounds.latest
    error = data.draw(
        st.lists(st.floats(-0.00999, 0.00999), min_size=len(values), max_size=len(values))
    )
    moved = steps_to_threshold(steps, np.clip(values + np.array(error), 0, 0.99))
    assert bounds.earliest <= moved <= bounds.latest


def test_exact_accuracies_leave_no_doubt():
    assert steps_within_reading(STEPS, np.array([0.5, 0.75, 0.79, 0.8]), 0) == (305, 305, 305)


@pytest.mark.parametrize(
    ("steps", "accuracy", "says"),
    [
        ([1, 2], [0.5], "one accuracy"),
        ([], [], "one accuracy"),
        ([2, 2], [0.5, 0.6], "different numbers of steps"),
        ([1, 2], [0.5, 1.0], "odds need"),
        ([1, 2], [0.5, float("nan")], "odds need"),
    ],
)
def test_curves_that_are_none_are_refused(steps, accuracy, says):
    with pytest.raises(ValueError, match=says):
        steps_to_threshold(np.array(steps), np.array(accuracy))


def test_an_epoch_is_one_pass_over_the_training_images():
    assert epochs(np.array([20_000]), 256, np.array([51_200])) == 100


def test_quartiles_are_interpolated_and_the_mean_is_geometric():
    found = spread(np.array([1.0, 2.0, 4.0, 8.0]))
    assert found.geometric_mean == pytest.approx(64**0.25)
    assert (found.lower, found.upper) == (1.75, 5.0)
    with pytest.raises(ValueError, match="positive"):
        spread(np.array([1.0, 0.0]))
