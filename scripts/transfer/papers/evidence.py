"""Everything that the paper's statements are checked against, recomputed from a study."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from transfer.papers.published import read_published
from transfer.results.table import (
    StudyResults,
    above_threshold,
    imagenet_top1,
    logit_bound,
    part_values,
)
from transfer.statistics.correlation import linear_fit, rank_correlations
from transfer.statistics.f_tests import f_tests


@dataclass(frozen=True)
class Evidence:
    """Recomputed statistics of a study, and the printed tables that it cannot recompute.

    `values` and `clip`: models x datasets, fractions. `top1` and `clip_top1`: fractions.
    `better`: models above the threshold. `line` and `line_all`: per dataset, slope, correlation
    and intercept over the better and over all models. `f` and `rho`: Tables 12 and 13.
    """

    results: StudyResults
    values: pd.DataFrame
    top1: pd.Series
    better: pd.Series
    line: pd.DataFrame
    line_all: pd.DataFrame
    f: pd.DataFrame
    rho: pd.DataFrame
    clip: pd.DataFrame
    clip_top1: pd.Series
    fid: pd.DataFrame
    printed: dict[str, pd.DataFrame]


def lines(top1: pd.Series, values: pd.DataFrame) -> pd.DataFrame:
    """Correlation, slope and intercept of each dataset on ImageNet top-1."""
    fits = {dataset: linear_fit(top1, values[dataset])._asdict() for dataset in values.columns}
    return pd.DataFrame.from_dict(fits, orient="index")


def gather_evidence(results: StudyResults, fid: pd.DataFrame, published: str | Path) -> Evidence:
    """Recompute all statistics of a study that has the parts `main` and `clip`.

    `fid`: one row per dataset; `published`: the folder of the paper's printed tables.
    """
    values, top1 = part_values(results), imagenet_top1(results)
    better = above_threshold(results)
    bound = logit_bound(results, values)
    groups = {key: block["group"] for key, block in results.datasets.items()}
    return Evidence(
        results=results,
        values=values,
        top1=top1,
        better=better,
        line=lines(top1[better], values[better]),
        line_all=lines(top1, values),
        f=f_tests(values, top1, bound),
        rho=rank_correlations(values, top1, bound),
        clip=part_values(results, "clip"),
        clip_top1=imagenet_top1(results, "clip"),
        fid=fid.assign(group=fid["dataset"].map(groups)),
        printed={
            table: read_published(published, table)
            for table in ("table01", "table05", "table06", "table07")
        },
    )
