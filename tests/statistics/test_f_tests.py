"""Table 12 compared with the paper's definition computed by hand and with statsmodels' anova."""

import numpy as np
import pandas as pd
import pytest
from published import SIX, TOP1, VALUES
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from transfer.statistics.f_tests import f_tests

F_AVERAGE = dict(zip(SIX, [8.8, 28.9, 13.8, 5.7, 12.5, 2.8], strict=True))
TABLE = f_tests(VALUES, TOP1)


def log_odds(fraction):
    return np.log(fraction / (1 - fraction))


def frame(dataset: str) -> pd.DataFrame:
    scores = stats.zscore(log_odds(VALUES).to_numpy())
    others = [place for place, name in enumerate(SIX) if name != dataset]
    return pd.DataFrame(
        {
            "response": log_odds(VALUES[dataset]).to_numpy(),
            "imagenet": log_odds(TOP1).to_numpy(),
            "average": scores[:, others].mean(axis=1),
        }
    )


def test_f_of_adding_the_average_to_one_digit():
    assert TABLE["f_average"].round(1).to_dict() == F_AVERAGE


@pytest.mark.parametrize("dataset", SIX)
def test_f_and_p_are_those_of_an_analysis_of_variance(dataset):
    data = frame(dataset)
    both = ols("response ~ imagenet + average", data).fit()
    for added, kept in (("average", "imagenet"), ("imagenet", "average")):
        row = anova_lm(ols(f"response ~ {kept}", data).fit(), both).iloc[1]
        assert row["df_diff"] == 1 and both.df_resid == 16
        assert TABLE.loc[dataset, f"f_{added}"] == pytest.approx(row["F"])
        assert TABLE.loc[dataset, f"p_{added}"] == pytest.approx(row["Pr(>F)"])


@pytest.mark.parametrize("dataset", SIX)
def test_adjusted_r2_by_hand(dataset):
    data = frame(dataset)
    for column, names in (
        ("adjusted_r2_imagenet", ["imagenet"]),
        ("adjusted_r2_average", ["average"]),
        ("adjusted_r2_both", ["imagenet", "average"]),
    ):
        design = np.column_stack([np.ones(19), data[names]])
        beta = np.linalg.lstsq(design, data["response"], rcond=None)[0]
        residual = ((data["response"] - design @ beta) ** 2).sum() / (19 - design.shape[1])
        total = data["response"].var(ddof=1)
        assert TABLE.loc[dataset, column] == pytest.approx(1 - residual / total)


def test_a_metric_of_exactly_one_needs_the_bound():
    perfect = VALUES.copy()
    perfect.iloc[0, 0] = 1.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        f_tests(perfect, TOP1)
    assert np.isfinite(f_tests(perfect, TOP1, bound=1e-3).to_numpy()).all()
