"""Trends over datasets against enumeration, and those of two papers' datasets."""

from itertools import permutations, product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from transfer.papers import kornblith2019
from transfer.papers.published import read_published
from transfer.statistics.by_distance import transfer_fit, trend_within_groups
from transfer.statistics.correlation import linear_fit
from transfer.statistics.correlation_intervals import spearman

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"


def test_only_models_above_the_threshold_count():
    top1 = np.array([0.5, 0.7, 0.72, 0.75, 0.78, 0.8, 0.83])
    metric = np.array([0.1, 0.9, 0.31, 0.35, 0.34, 0.40, 0.42])
    found = transfer_fit(top1, metric)
    line = linear_fit(top1[2:], metric[2:])
    assert found.correlation.n == 5
    assert (found.correlation.value, found.slope) == pytest.approx((line.correlation, line.slope))
    assert found.slope_interval.lower < found.slope < found.slope_interval.upper
    with pytest.raises(ValueError, match="needs 4 pairs"):
        transfer_fit(top1, metric, threshold=0.76)


def test_one_group_is_spearmans_test():
    x, y = np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 3])
    found = trend_within_groups(x, y, np.zeros(5), samples=20_000, seed=1)
    assert found.pooled == pytest.approx(stats.spearmanr(x, y).statistic)
    shares = [
        abs(stats.spearmanr(x, order).statistic) >= abs(found.pooled) - 1e-9
        for order in permutations(y)
    ]
    assert found.p == pytest.approx(np.mean(shares), abs=0.015)


def test_p_is_the_share_of_all_permutations_inside_groups():
    x, y = np.array([1.0, 2, 3, 10, 20, 30, 40]), np.array([1.0, 3, 2, 50, 70, 60, 90])
    groups = np.array(["a"] * 3 + ["b"] * 4)
    ranks = [np.array([-1.0, 0, 1]), np.array([-1.5, -0.5, 0.5, 1.5])]
    observed = ranks[0] @ np.array([-1, 1, 0]) + ranks[1] @ np.array([-1.5, 0.5, -0.5, 1.5])
    sums = [
        ranks[0] @ np.array(first) + ranks[1] @ np.array(second)
        for first, second in product(permutations(ranks[0]), permutations(ranks[1]))
    ]
    found = trend_within_groups(x, y, groups, samples=20_000, seed=2)
    assert found.pooled == pytest.approx(observed / 7)
    assert found.p == pytest.approx(np.mean(np.abs(sums) >= observed - 1e-9), abs=0.015)
    assert found == trend_within_groups(x, y, groups, samples=20_000, seed=2)


def test_a_difference_between_groups_is_no_trend_inside_them():
    generator = np.random.default_rng(3)
    groups = np.repeat([0, 1], 20)
    x, y = generator.normal(groups * 9), generator.normal(-groups * 9)
    assert stats.spearmanr(x, y).pvalue < 1e-6
    assert trend_within_groups(x, y, groups, samples=2000, seed=0).p > 0.05


@pytest.mark.parametrize(
    ("x", "groups", "says"),
    [([1.0, 2.0], [0], "one entry per dataset"), ([1.0, 2.0], [0, 1], "two different values")],
)
def test_what_has_no_trend_is_refused(x, groups, says):
    with pytest.raises(ValueError, match=says):
        trend_within_groups(np.array(x), np.array(x), np.array(groups), 10, 0)


def test_eighteen_datasets_of_two_papers():
    """The trend over all 18 is strong; inside the papers it is weak, and not of one sign."""
    tables = (PUBLISHED / "kornblith2019").glob("*.csv")
    evidence = SimpleNamespace(printed={t.stem: read_published(t.parent, t.stem) for t in tables})
    top1 = kornblith2019.top1(evidence).to_numpy()
    tuned = kornblith2019.accuracies(evidence, kornblith2019.TUNED)
    fits = {name: transfer_fit(top1, tuned[name].to_numpy()) for name in tuned}
    assert {fit.correlation.n for fit in fits.values()} == {16}
    fang = read_published(PUBLISHED / "fang2023", "table03").set_index("model")
    six = ["cct20", "aptos", "hpa", "melanoma", "cassava", "eurosat"]
    for name in six:
        metric = fang[name] / (1 if fang[name].max() <= 1 else 100)
        fits[name] = transfer_fit(fang["imagenet_top1"].to_numpy() / 100, metric.to_numpy())
    distance = read_published(PUBLISHED / "fang2023", "table11").set_index("dataset")["fid"]
    names = list(fits)
    x = distance[names].to_numpy()
    paper = np.array([name in six for name in names])
    correlation = np.array([fits[name].correlation.value for name in names])
    slope = np.array([fits[name].slope for name in names])

    assert len(names) == 18
    assert f"{spearman(x, correlation).value:.2f}" == "-0.79"
    assert f"{spearman(x, slope).value:.2f}" == "-0.61"
    assert f"{spearman(x[~paper], correlation[~paper]).value:.2f}" == "-0.59"
    assert f"{spearman(x[paper], correlation[paper]).value:.2f}" == "0.49"
    inside = trend_within_groups(x, correlation, paper, samples=5000, seed=2023)
    assert inside.pooled == pytest.approx(-0.47, abs=0.01)
    assert inside.p > 0.03
