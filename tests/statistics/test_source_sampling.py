"""Distinct images of sampled pre-training sets: worked examples and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.statistics.source_sampling import (
    elastic_sizes,
    expected_unique,
    largest_remainder,
    whole_classes,
)

SIZES, SHARES = np.array([10, 20, 30, 40]), np.array([0.4, 0.3, 0.2, 0.1])
sources = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=8)


def source(classes: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    sizes, weights = np.array(classes, dtype=float).T
    return sizes, weights / weights.sum()


def test_repeats_leave_fewer_different_images():
    assert expected_unique(SIZES, SHARES, 50) == pytest.approx(32.541, abs=5e-4)
    by_hand = sum(n * (1 - (1 - p / n) ** 7) for n, p in zip(SIZES, SHARES, strict=True))
    assert expected_unique(SIZES, SHARES, 7) == pytest.approx(by_hand)


def test_the_formula_is_the_mean_of_real_draws():
    generator = np.random.default_rng(0)
    image = np.repeat(SHARES / SIZES, SIZES)
    counts = [len(set(generator.choice(100, 50, p=image))) for _ in range(3000)]
    # The standard error of this mean is about 0.05.
    assert np.mean(counts) == pytest.approx(expected_unique(SIZES, SHARES, 50), abs=0.2)


@given(sources, st.integers(0, 300))
def test_different_images_are_bounded_by_draws_and_by_the_source(classes, draws):
    sizes, shares = source(classes)
    unique = expected_unique(sizes, shares, draws)
    assert 0 <= unique <= min(draws, sizes.sum()) + 1e-9
    assert unique <= expected_unique(sizes, shares, draws + 1) + 1e-9


def test_one_image_of_millions_keeps_its_digits():
    assert expected_unique(np.array([1e9]), np.array([1.0]), 1000) == pytest.approx(
        1000 - 1000 * 999 / 2e9, rel=1e-9
    )


@pytest.mark.parametrize(
    ("total", "amounts", "whole"),
    [
        (25, [10, 7.5, 5, 2.5], [10, 8, 5, 2]),
        (50, [10, 20, 40 / 3, 20 / 3], [10, 20, 13, 7]),
        (0, [0, 0, 0, 0], [0, 0, 0, 0]),
        (100, [10, 20, 30, 40], [10, 20, 30, 40]),
    ],
)
def test_elastic_sizes_by_hand(total, amounts, whole):
    found = elastic_sizes(SIZES, SHARES, total)
    assert found == pytest.approx(amounts)
    assert largest_remainder(found).tolist() == whole


@given(sources, st.floats(0, 1))
def test_elastic_sizes_are_shares_capped_by_what_there_is(classes, part):
    sizes, shares = source(classes)
    found = elastic_sizes(sizes, shares, part * sizes.sum())
    assert found.sum() == pytest.approx(part * sizes.sum())
    assert (found <= sizes + 1e-9).all()
    # One scale for all that is not full, and no larger scale than that where it is.
    scale = found / shares
    full = np.isclose(found, sizes)
    if not full.all():
        assert scale[~full] == pytest.approx(scale[~full].max(), abs=1e-6)
        assert (scale[full] <= scale[~full].max() + 1e-6).all()


@given(sources)
def test_small_sets_of_both_matchers_are_alike(classes):
    sizes, shares = source(classes)
    total = (sizes / shares).min() * 0.99
    assert elastic_sizes(sizes, shares, total) == pytest.approx(total * shares)


def test_classes_without_a_share_are_never_taken():
    sizes, shares = np.array([5, 100, 5]), np.array([0.5, 0.0, 0.5])
    assert elastic_sizes(sizes, shares, 10).tolist() == [5, 0, 5]
    with pytest.raises(ValueError, match="11 images wanted of 10"):
        elastic_sizes(sizes, shares, 11)
    with pytest.raises(ValueError, match="11 images wanted of 10"):
        whole_classes(sizes, shares, 11)


def test_whole_classes_go_from_the_highest_importance_weight_down():
    # Weights in proportion to 0.04, 0.015, 0.0067, 0.0025.
    assert whole_classes(SIZES, SHARES, 35).tolist() == [10, 20, 5, 0]
    assert whole_classes(SIZES[::-1], SHARES[::-1], 35).tolist() == [0, 5, 20, 10]
    assert elastic_sizes(SIZES, SHARES, 25).tolist() != whole_classes(SIZES, SHARES, 25).tolist()


@pytest.mark.parametrize(
    ("sizes", "shares", "says"),
    [
        ([1, 2], [1.0], "one value per class"),
        ([1, 2], [0.5, 0.6], "sum to 1"),
        ([1, 2], [1.5, -0.5], "not negative"),
        ([0, 2], [0.5, 0.5], "without images"),
    ],
)
def test_impossible_sources_are_refused(sizes, shares, says):
    with pytest.raises(ValueError, match=says):
        expected_unique(np.array(sizes), np.array(shares), 1)


def test_a_set_has_no_negative_size():
    assert expected_unique(SIZES, SHARES, 0) == 0
    with pytest.raises(ValueError, match="-1 images"):
        expected_unique(SIZES, SHARES, -1)
    with pytest.raises(ValueError, match="-1 images"):
        elastic_sizes(SIZES, SHARES, -1)


@given(st.lists(st.integers(0, 40).map(lambda q: q / 4), min_size=1, max_size=9))
def test_whole_numbers_keep_the_sum_and_their_neighbours(amounts):
    found = largest_remainder(np.array(amounts))
    assert abs(found.sum() - sum(amounts)) <= 0.5
    assert (np.abs(found - np.array(amounts)) < 1).all()


def test_of_equal_remainders_the_first_gets_the_unit():
    assert largest_remainder(np.array([0.5, 0.5, 1.0])).tolist() == [1, 0, 1]
    # 0.1 + 0.2 is above 0.3 in binary, which is no remainder.
    assert largest_remainder(np.array([(0.1 + 0.2) * 10, 2.0])).tolist() == [3, 2]
