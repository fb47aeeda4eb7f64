"""Statistics of a study: computed by one function each, for tables, figures and claims alike."""

from typing import Any

import pandas as pd
from scipy import stats

from transfer.results.table import (
    StudyResults,
    above_threshold,
    complete_values,
    imagenet_top1,
    logit_bound,
    part_values,
)
from transfer.statistics.correlation import linear_fit, rank_correlations
from transfer.statistics.f_tests import f_tests

# A line through two points fits them exactly.
FEWEST_MODELS = 3


def fitted_lines(results: StudyResults, part: str = "main", better: bool = True) -> pd.DataFrame:
    """The line of each dataset's metric on ImageNet top-1, both as fractions.

    Over the models above the study's threshold, or over all of a part. Columns `correlation`,
    `slope`, `intercept` and `models`, one row per dataset; NaN for fewer than three models.
    """
    values, top1 = part_values(results, part), imagenet_top1(results, part)
    if better:
        chosen = above_threshold(results, part)
        values, top1 = values[chosen], top1[chosen]
    rows: dict[Any, dict[str, float]] = {}
    for dataset, column in values.items():
        there = column.dropna()
        rows[dataset] = {"models": len(there)}
        if len(there) >= FEWEST_MODELS:
            fit = linear_fit(top1[there.index], there)
            line = {"correlation": fit.correlation, "slope": fit.slope, "intercept": fit.intercept}
            rows[dataset] |= line
    line_columns = ["correlation", "slope", "intercept"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[*line_columns, "models"])
    return table.astype(dict.fromkeys(line_columns, float))


def nested_f_tests(results: StudyResults, part: str = "main") -> tuple[pd.DataFrame, float]:
    """F-tests of the other datasets' average and ImageNet top-1 (Appendix N.1), by dataset.

    Over the models of a part that have a value on all its datasets. The second value is how
    far values were kept from 0 and 1 before the logit; see `logit_bound`.
    """
    values = complete_values(results, part)
    bound = logit_bound(results, values)
    return f_tests(values, imagenet_top1(results, part)[values.index], bound), bound


def predictor_ranks(results: StudyResults, part: str = "main") -> tuple[pd.DataFrame, float]:
    """Spearman's rho with the other datasets' average and with ImageNet (Appendix N.2).

    Models and second value as in `nested_f_tests`.
    """
    values = complete_values(results, part)
    bound = logit_bound(results, values)
    return rank_correlations(values, imagenet_top1(results, part)[values.index], bound), bound


def size_ranks(results: StudyResults, part: str = "main") -> pd.DataFrame:
    """Spearman's rho of each dataset's metric with the number of parameters, and its p.

    Over the models that have a value on the dataset. Columns `rho` and `p`, one row per dataset.
    """
    rows = {}
    for dataset, column in part_values(results, part).items():
        there = column.dropna()
        found = stats.spearmanr(results.models.loc[there.index, "parameters"], there)
        rows[dataset] = {"rho": float(found.statistic), "p": float(found.pvalue)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["rho", "p"])
