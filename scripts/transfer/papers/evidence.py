"""The data from which the claims of a paper's text are recomputed."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from transfer.papers.paper import Paper
from transfer.papers.published import read_published, table_names
from transfer.results.table import StudyResults, part_values


@dataclass(frozen=True)
class Evidence:
    """A study that has all that a paper's statements speak of, and the paper's printed tables.

    `values`: the part `main`, models x datasets, fractions; `top1`: ImageNet top-1 of the same
    models, fractions, NaN where none is stated; `better`: which of them lie above the study's
    threshold. `tables`: what the study computed, by the number that the paper gives it, indexed by
    dataset. `fid`: its fid.csv. `printed`: every printed table by its number, as numbers.
    """

    results: StudyResults
    values: pd.DataFrame
    top1: pd.Series
    better: pd.Series
    tables: Mapping[str, pd.DataFrame]
    fid: pd.DataFrame
    printed: Mapping[str, pd.DataFrame]


def gather_evidence(
    results: StudyResults, paper: Paper, tables: Mapping[str, pd.DataFrame], fid: pd.DataFrame
) -> Evidence:
    """The evidence of a study, of its tables by the paper's numbers and of its distances."""
    values = part_values(results)
    top1 = values.index.map(results.top1).to_series(values.index).astype(float) / 100
    return Evidence(
        results=results,
        values=values,
        top1=top1,
        better=top1 * 100 > results.study.threshold,
        tables={name: table.set_index("dataset") for name, table in tables.items()},
        fid=fid,
        printed={table: read_published(paper.folder, table) for table in table_names(paper.folder)},
    )
