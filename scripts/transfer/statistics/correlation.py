"""Correlation and slope of transfer against ImageNet accuracy (Table 2), and rank correlation."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from transfer.statistics.transforms import average_of_others, logit, standardize


class LinearFit(NamedTuple):
    """Least squares of y on x: `correlation` is Pearson's r, `slope` in units of y per x."""

    correlation: float
    slope: float
    intercept: float
    p: float
    n: int


def linear_fit(x: np.ndarray | pd.Series, y: np.ndarray | pd.Series) -> LinearFit:
    """Pearson's r and the ordinary least-squares line of `y` on `x`.

    In Table 2 both are fractions (0.761, not 76.1), of the models above 70 % ImageNet top-1. Raises
    ValueError for fewer than two points or a constant `x`; for a constant `y` the slope is 0 and r
    is NaN.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(x) < 2 or np.ptp(x) == 0:
        raise ValueError("a line needs two points with different x")
    if np.ptp(y) == 0:
        return LinearFit(np.nan, 0.0, float(y[0]), np.nan, len(x))
    fit = stats.linregress(x, y)
    return LinearFit(
        float(fit.rvalue), float(fit.slope), float(fit.intercept), float(fit.pvalue), len(x)
    )


def rank_correlations(values: pd.DataFrame, imagenet: pd.Series, bound: float = 0) -> pd.DataFrame:
    """Spearman's rho of each dataset with three predictors (Appendix N.2, Table 13).

    `values`: models x datasets, fractions; `imagenet`: ImageNet top-1 of the same models.
    The predictors are the mean over the other datasets (unnormalized), the mean of their
    logit-transformed and standardized values (normalized; `bound` as in `logit`), and ImageNet.
    Equal averages share a rank: on HPA two models have the same printed average over the
    other five. Returns one row per dataset: rho and two-sided p of each.
    """
    predictors = {
        "unnormalized": average_of_others(values),
        "normalized": average_of_others(standardize(logit(values, bound))),
        "imagenet": pd.DataFrame(dict.fromkeys(values.columns, imagenet)),
    }
    rows = {}
    for dataset in values.columns:
        row = {}
        for name, predictor in predictors.items():
            # Sums of the same decimals in another order may differ in the last bit.
            result = stats.spearmanr(predictor[dataset].round(12), values[dataset])
            row[f"rho_{name}"] = float(result.statistic)
            row[f"p_{name}"] = float(result.pvalue)
        rows[dataset] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("dataset")
