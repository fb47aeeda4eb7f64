"""The gap between two groups, its exact test, and rank agreement."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from transfer.fid.groups import group_gap, rank_agreement


def test_counts_splits_by_hand() -> None:
    found = group_gap([10.0, 11.0], [1.0, 2.0, 3.0])
    assert (found.gap, found.splits) == (8.5, 10)
    assert found.p_one_sided == pytest.approx(1 / 10)
    # {1, 2} against {3, 10, 11} has a gap of -6.5: not as large.
    assert found.p_two_sided == pytest.approx(1 / 10)
    assert group_gap([1.0, 2.0], [3.0, 10.0, 11.0]).p_one_sided == 1.0


def test_ties_count_as_reached() -> None:
    assert group_gap([0.1, 0.1], [0.1, 0.1, 0.1]).p_one_sided == 1.0
    assert group_gap([3.0], [3.0, 1.0]).p_one_sided == pytest.approx(2 / 3)


def test_equals_scipy_where_it_enumerates() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal(4) + 0.8, rng.standard_normal(6)
    found = group_gap(one, other)
    for side, p in (("greater", found.p_one_sided), ("two-sided", found.p_two_sided)):
        expected = permutation_test(
            (one, other),
            lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative=side,
        )
        # SciPy doubles the smaller tail, which is the same only for symmetric distributions.
        if side == "greater":
            assert p == pytest.approx(expected.pvalue)
        else:
            both = np.abs(expected.null_distribution) >= abs(found.gap) - 1e-12
            assert p == pytest.approx(both.mean())


def test_the_papers_design_has_18564_splits() -> None:
    assert group_gap(np.arange(12, 18), np.arange(12)).splits == 18_564


def test_refuses_an_empty_group_and_too_many_splits() -> None:
    for first, second in (([], [1.0]), (np.arange(20), np.arange(20))):
        with pytest.raises(ValueError, match="splits"):
            group_gap(first, second)


def test_ranks_agree_whatever_the_scale() -> None:
    values = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    assert rank_agreement(values, np.exp(values))[0] == pytest.approx(1)
    assert rank_agreement(values, -values)[0] == pytest.approx(-1)
