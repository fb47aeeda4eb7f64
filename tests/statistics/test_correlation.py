"""Table 2 and the rank correlations of Table 13, compared with the paper and other software."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from published import SIX, TOP1, VALUES

from transfer.statistics.correlation import linear_fit, rank_correlations
from transfer.statistics.transforms import average_of_others

# From the printed Table 3, models above 70 %.
TABLE_2 = {
    "cct20": (".17", ".11"),
    "aptos": (".06", ".01"),
    "hpa": (".26", ".29"),
    "melanoma": (".46", ".06"),
    "cassava": (".11", ".02"),
    "eurosat": (".04", ".00"),
}
RHO_IMAGENET = dict(zip(SIX, [0.5825, 0.3010, 0.6491, 0.7719, 0.5713, 0.4734], strict=True))


@pytest.mark.parametrize("dataset", SIX)
def test_the_fit_over_models_above_70_percent_is_that_of_table_2(dataset):
    better = TOP1 > 0.70
    assert better.sum() == 14
    fit = linear_fit(TOP1[better], VALUES.loc[better, dataset])
    shown = tuple(f"{number:.2f}".lstrip("0") for number in (fit.correlation, fit.slope))
    assert shown == TABLE_2[dataset]


@given(st.lists(st.tuples(st.floats(0.3, 0.95), st.floats(-1, 1)), min_size=3, max_size=30))
def test_the_fit_is_that_of_numpy(points):
    x, y = np.array(points).T
    if np.ptp(x) < 1e-3 or np.ptp(y) < 1e-3:
        return
    fit = linear_fit(x, y)
    slope, intercept = np.polyfit(x, y, 1)
    assert (fit.slope, fit.intercept) == pytest.approx((slope, intercept), rel=1e-5, abs=1e-6)
    assert fit.correlation == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)
    assert fit.n == len(points)


def test_a_constant_response_has_no_correlation_and_slope_zero():
    fit = linear_fit(np.array([0.1, 0.2, 0.3]), np.array([0.5, 0.5, 0.5]))
    assert fit.slope == 0 and fit.intercept == 0.5 and np.isnan(fit.correlation)


@pytest.mark.parametrize(("x", "y"), [([0.5], [0.5]), ([0.5, 0.5], [0.1, 0.2])])
def test_no_line_through_one_position(x, y):
    with pytest.raises(ValueError, match="two points"):
        linear_fit(np.array(x), np.array(y))


def test_spearman_with_imagenet_is_that_of_table_13():
    rho = rank_correlations(VALUES, TOP1)["rho_imagenet"]
    assert rho.to_dict() == pytest.approx(RHO_IMAGENET, abs=5e-5)


def test_spearman_is_pearsons_r_of_ranks_with_each_predictor():
    table = rank_correlations(VALUES, TOP1)
    log_odds = np.log(VALUES / (1 - VALUES))
    scores = (log_odds - log_odds.mean()) / log_odds.std(ddof=0)
    for dataset in SIX:
        others = [name for name in SIX if name != dataset]
        ranks = pd.DataFrame(
            {
                "response": VALUES[dataset],
                "unnormalized": VALUES[others].mean(axis=1).round(9),
                "normalized": scores[others].mean(axis=1),
                "imagenet": TOP1,
            }
        ).rank()
        by_hand = ranks.corr()["response"]
        for name in ("unnormalized", "normalized", "imagenet"):
            assert table.loc[dataset, f"rho_{name}"] == pytest.approx(by_hand[name])


def test_p_is_that_of_students_t_with_n_minus_2_degrees_of_freedom():
    table = rank_correlations(VALUES, TOP1)
    # t for rho = 0.5825 and 17 degrees of freedom is 2.955; the table of t has 2.898 at 0.01.
    assert 0.008 < table.loc["cct20", "p_imagenet"] < 0.01
    assert table.loc["aptos", "p_imagenet"] == pytest.approx(0.2105, abs=5e-5)


def test_rank_correlation_ignores_a_monotone_change_of_the_response():
    changed = VALUES.assign(hpa=VALUES["hpa"] ** 3)
    before, after = (rank_correlations(v, TOP1).loc["hpa"] for v in (VALUES, changed))
    assert after.to_dict() == pytest.approx(before.to_dict())
    assert not np.allclose(average_of_others(VALUES)["cct20"], average_of_others(changed)["cct20"])


def test_equal_averages_share_a_rank_whatever_the_order_of_summing():
    table = rank_correlations(VALUES, TOP1)
    for order in (SIX[::-1], sorted(SIX)):
        again = rank_correlations(VALUES[order], TOP1).loc[SIX]
        assert again.to_numpy() == pytest.approx(table.to_numpy())
