"""Paired comparisons compared with enumeration, scipy and tables."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from transfer.statistics.paired import (
    broken_tie,
    cells_below,
    gain,
    gain_over_best,
    paired_t_test,
    signed_rank_test,
    tied_with_best,
)

# Few values, so that ties and zeros are frequent.
coarse = st.lists(st.integers(-4, 4), min_size=1, max_size=9)


def enumerated(differences: list[int]) -> float:
    """p by trying every assignment of signs."""
    kept = [d for d in differences if d]
    ranks = stats.rankdata(np.abs(kept)) if kept else []
    observed = sum(np.sign(d) * rank for d, rank in zip(kept, ranks, strict=True))
    sums = [
        sum(sign * rank for sign, rank in zip(signs, ranks, strict=True))
        for signs in product((-1, 1), repeat=len(kept))
    ]
    return float(np.mean([abs(value) >= abs(observed) for value in sums]))


@given(coarse)
def test_the_signed_rank_test_is_exact_with_ties_and_zeros(differences):
    found = signed_rank_test(np.array(differences), np.zeros(len(differences)))
    assert found.p == pytest.approx(enumerated(differences))
    assert found.n == sum(d != 0 for d in differences)
    assert found.positive + found.negative == found.n * (found.n + 1) / 2


@given(st.lists(st.floats(-50, 50).filter(lambda d: abs(d) > 1e-3), min_size=2, max_size=40))
def test_without_ties_it_is_scipys_exact_test(differences):
    d = np.array(differences)
    if len(set(np.round(np.abs(d), 9))) < len(d):
        return
    theirs = stats.wilcoxon(d, method="exact")
    found = signed_rank_test(d, np.zeros(len(d)))
    assert found.p == pytest.approx(theirs.pvalue)
    assert min(found.positive, found.negative) == theirs.statistic


@given(coarse)
def test_exchanging_the_sides_changes_nothing_but_the_signs(differences):
    d, zero = np.array(differences), np.zeros(len(differences))
    there, back = signed_rank_test(d, zero), signed_rank_test(zero, d)
    assert there.p == back.p and there.positive == back.negative


@pytest.mark.parametrize("n", [5, 6, 12, 16])
def test_all_differences_of_one_sign_have_the_smallest_p(n):
    found = signed_rank_test(np.arange(1.0, n + 1), np.zeros(n))
    assert found.p == 2 / 2**n and found.positive == n * (n + 1) / 2


def test_printed_decimals_tie_although_binary_fractions_do_not():
    first, second = np.array([92.1, 76.6]), np.array([91.5, 77.2])
    assert first[0] - second[0] != -(first[1] - second[1])
    found = signed_rank_test(first, second)
    assert found.positive == found.negative == 1.5 and found.p == 1


def test_a_tie_lost_in_binary_is_named_with_the_p_that_scipy_prints():
    first = np.array([76.6, 94.1, 92.1, 87.8, 88.9, 97.7])
    second = np.array([77.2, 93.3, 91.5, 88.8, 88.7, 97.4])
    found = broken_tie(first, second)
    assert found.places == (0, 2)
    assert found.p == stats.wilcoxon(first - second).pvalue == 1
    assert signed_rank_test(first, second).p == pytest.approx(58 / 64)


def test_a_tie_that_binary_keeps_or_that_changes_nothing_is_not_named():
    assert broken_tie(np.array([3.0, 1.0, 5.0]), np.array([2.0, 2.0, 1.0])) is None
    # .6 and .6 differ in binary, but both are gains: no assignment of signs is nearer or further.
    assert broken_tie(np.array([92.1, 77.2]), np.array([91.5, 76.6])) is None


def test_equal_rows_have_p_one():
    assert signed_rank_test(np.ones(4), np.ones(4)) == (0, 0, 0, 1)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [([1.0], [1.0, 2.0], "one length"), ([], [], "one length"), ([np.nan], [1.0], "missing")],
)
def test_pairs_that_are_none_are_refused(first, second, says):
    with pytest.raises(ValueError, match=says):
        signed_rank_test(np.array(first), np.array(second))


def test_the_paired_t_test_is_that_of_scipy():
    generator = np.random.default_rng(4)
    first, second = generator.normal(size=(2, 12))
    assert paired_t_test(first, second) == pytest.approx(stats.ttest_rel(first, second).pvalue)


def test_the_paired_t_test_by_hand():
    # Differences 1, 2, 3: mean 2, standard error 1 / sqrt 3, t = 3.464 with 2 degrees of freedom.
    assert paired_t_test(np.array([2.0, 4, 6]), np.array([1.0, 2, 3])) == pytest.approx(
        2 * stats.t.sf(2 * 3**0.5, 2)
    )


def test_constant_differences_need_no_t():
    assert paired_t_test(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 1
    assert paired_t_test(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == 0
    with pytest.raises(ValueError, match="two pairs"):
        paired_t_test(np.array([1.0]), np.array([2.0]))


def test_ties_are_models_whose_difference_to_the_best_is_not_significant():
    noise = np.array([0.3, -0.2, 0.1, -0.3, 0.2, -0.1])
    base = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    table = np.array([base - 1, base + noise - 0.05, base, base - 1 + noise])
    ties = tied_with_best(table)
    assert ties.best == 2 and ties.tied.tolist() == [False, True, True, False]
    assert ties.p[2] == 1
    assert ties.p[1] == pytest.approx(stats.ttest_rel(table[2], table[1]).pvalue)
    assert not tied_with_best(table, alpha=0.9).tied[1]


def test_a_gain_counts_and_averages_its_columns():
    found = gain(np.array([80.5, 96.8, 98.6]), np.array([80.3, 97.0, 98.6]))
    assert found.differences.tolist() == [0.2, -0.2, 0.0]
    assert (found.above, found.equal, found.below) == (1, 1, 1)
    assert found.mean == pytest.approx(0) and found.test.n == 2 and found.test.p == 1


def test_the_gain_over_the_best_takes_it_column_by_column():
    others = np.array([[1.0, 5.0, 2.0], [3.0, 4.0, 2.0]])
    found = gain_over_best(np.array([2.0, 6.0, 2.0]), others)
    assert found.differences.tolist() == [-1, 1, 0]


def test_an_equal_cell_is_not_below():
    values = np.array([[92.1, 0.3], [75.1, 0.1]])
    below = cells_below(values, np.array([92.1, 0.1 + 0.2]))
    assert below.tolist() == [[False, False], [True, True]]
