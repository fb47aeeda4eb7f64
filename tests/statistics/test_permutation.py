"""Permutation tests compared with enumeration of all exchanges."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from transfer.statistics.permutation import (
    swap_test,
    swap_test_of_metric,
    swap_test_per_class,
    swap_test_range,
)


@given(st.integers(0, 7), st.integers(0, 7))
def test_the_swap_test_is_the_share_of_all_exchanges(first, second):
    signs = product((-1, 1), repeat=first + second)
    share = np.mean([abs(sum(sign)) >= abs(first - second) for sign in signs])
    assert swap_test(first, second) == pytest.approx(share)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_swap_test_is_mcnemars_exact_and_the_binomial_test(first, second):
    p = swap_test(first, second)
    assert p == pytest.approx(mcnemar([[0, first], [second, 0]], exact=True).pvalue)
    if first + second:
        assert p == pytest.approx(stats.binomtest(first, first + second).pvalue)
    assert p == swap_test(second, first)


@pytest.mark.parametrize("counts", [(-1, 3), (2.5, 3)])
def test_counts_are_whole_numbers(counts):
    with pytest.raises(ValueError, match="number of images"):
        swap_test(*counts)


@given(st.integers(1, 12), st.data())
def test_the_range_is_that_of_all_overlaps(n, data):
    high = data.draw(st.integers(0, n))
    low = data.draw(st.integers(0, high))
    possible = [
        swap_test(high - both, low - both) for both in range(max(0, high + low - n), low + 1)
    ]
    found = swap_test_range(low / n, high / n, n)
    assert found == pytest.approx((min(possible), max(possible)))
    assert found == swap_test_range(high / n, low / n, n)


def test_accuracies_in_percent_are_refused():
    with pytest.raises(ValueError, match="fractions"):
        swap_test_range(68.2, 70.1, 100)


def exchanged(first: np.ndarray, second: np.ndarray, sizes: np.ndarray) -> float:
    """p for per-class means by exchanging every discordant image, in exact fractions."""
    images = [
        (Fraction(sign), int(size))
        for b, c, size in zip(first, second, sizes, strict=True)
        for sign in [1] * b + [-1] * c
    ]
    observed = abs(sum((sign / size for sign, size in images), Fraction(0)))
    differences = [
        abs(sum((flip / size for flip, (_, size) in zip(flips, images, strict=True)), Fraction(0)))
        for flips in product((Fraction(-1), Fraction(1)), repeat=len(images))
    ]
    return float(np.mean([difference >= observed for difference in differences]))


@pytest.mark.parametrize(
    ("first", "second", "sizes"),
    [
        ([3, 0, 2], [0, 2, 1], [4, 9, 30]),
        ([0, 1, 1], [5, 0, 1], [6, 6, 6]),
        ([2, 2, 0], [2, 2, 0], [5, 7, 9]),
        ([4, 3, 0], [0, 0, 0], [5, 3, 2]),
    ],
)
def test_per_class_means_are_tested_by_exchanging_images(first, second, sizes):
    counts = [np.array(values) for values in (first, second, sizes)]
    p = swap_test_per_class(*counts, samples=40_000, seed=1)
    # The standard deviation of a share of 40,000 is at most 0.0025.
    assert p == pytest.approx(exchanged(*counts), abs=0.01)
    assert p == swap_test_per_class(*counts, samples=40_000, seed=1)


def test_one_class_is_the_exact_test():
    counts = [np.array([value]) for value in (12, 4, 40)]
    p = swap_test_per_class(*counts, samples=40_000, seed=2)
    assert p == pytest.approx(swap_test(12, 4), abs=0.01)


def test_p_is_never_zero():
    counts = [np.array([value]) for value in (500, 0, 1000)]
    assert swap_test_per_class(*counts, samples=99, seed=0) == 0.01


@pytest.mark.parametrize(
    ("first", "second", "sizes", "says"),
    [
        ([1], [1, 2], [3, 3], "one value per class"),
        ([1, -1], [1, 2], [3, 3], "not negative"),
        ([1, 1], [1, 2], [3, 0], "has a test image"),
        ([1, 2], [1, 2], [3, 3], "more discordant images"),
    ],
)
def test_impossible_counts_are_refused(first, second, sizes, says):
    with pytest.raises(ValueError, match=says):
        swap_test_per_class(np.array(first), np.array(second), np.array(sizes), 10, 0)


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
    return float((scores.argmax(axis=1) == labels).mean())


def mean_average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    values = []
    for column in range(labels.shape[1]):
        hits = labels[np.argsort(-scores[:, column]), column]
        precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
        values.append((precision * hits).sum() / hits.sum())
    return float(np.mean(values))


def test_a_metric_of_scores_that_is_accuracy_gives_the_exact_test():
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 3, 60)
    truth = np.eye(3)[labels]
    first = truth + generator.normal(0, 0.5, (60, 3))
    second = truth + generator.normal(0, 0.9, (60, 3))
    right, other = first.argmax(axis=1) == labels, second.argmax(axis=1) == labels
    exact = swap_test(int((right & ~other).sum()), int((other & ~right).sum()))
    p = swap_test_of_metric(first, second, labels, accuracy, samples=6000, seed=5)
    assert p == pytest.approx(exact, abs=0.03)


def test_mean_average_precision_is_tested_by_exchanging_images():
    generator = np.random.default_rng(8)
    labels = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [0, 1], [1, 0], [0, 0]])
    first, second = labels + generator.normal(0, 0.6, (2, 7, 2))
    observed = abs(mean_average_precision(first, labels) - mean_average_precision(second, labels))
    differences = []
    for choice in product((False, True), repeat=7):
        where = np.array(choice)[:, None]
        one, other = np.where(where, second, first), np.where(where, first, second)
        difference = mean_average_precision(one, labels) - mean_average_precision(other, labels)
        differences.append(abs(difference) >= observed - 1e-12)
    p = swap_test_of_metric(first, second, labels, mean_average_precision, samples=4000, seed=6)
    assert 0.05 < p < 0.95
    assert p == pytest.approx(np.mean(differences), abs=0.035)


def test_the_models_need_the_same_images():
    with pytest.raises(ValueError, match="same shape"):
        swap_test_of_metric(np.ones((3, 2)), np.ones((4, 2)), np.ones(3), accuracy, 10, 0)
