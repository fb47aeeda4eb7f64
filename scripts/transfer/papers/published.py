"""The numbers that the paper prints, in the shape of our own results."""

from pathlib import Path
from typing import Any

import pandas as pd

from transfer.study.config import Study
from transfer.validation import read_table, read_text_table

# Metrics that the paper prints in percent; the others stand as fractions.
PRINTED_IN_PERCENT = ("accuracy",)

# Which printed table holds the values of which part of the study.
TABLE_OF_PART = {"main": "table03", "clip": "table08"}


def read_published(folder: str | Path, table: str) -> pd.DataFrame:
    """One table of `resources/published/<paper>`, checked against the schema beside it."""
    return read_table(Path(folder) / f"{table}.csv", table, Path(folder))


def read_printed(folder: str | Path, table: str) -> pd.DataFrame:
    """As `read_published`, each cell the text that is printed, so that its digits count."""
    return read_text_table(Path(folder) / f"{table}.csv", table, Path(folder))


def published_results(
    folder: str | Path, study: Study, datasets: dict[str, dict[str, Any]]
) -> pd.DataFrame:
    """Tables 3 and 8 as a results table: one row per (dataset, model), values as fractions.

    What was never printed (hyperparameters, epoch, counts of runs) is left empty.
    """
    rows = []
    for name, part in study.parts.items():
        printed = read_published(folder, TABLE_OF_PART[name]).set_index("model")
        for model in part.models:
            for dataset in part.datasets:
                metric = datasets[dataset]["metric"]
                scale = 100 if metric in PRINTED_IN_PERCENT else 1
                value = round(float(printed.loc[model, dataset]) / scale, 6)
                rows.append((dataset, model, part.recipe, metric, value))
    results = pd.DataFrame(rows, columns=["dataset", "model", "recipe", "metric", "value"])
    return results.assign(hp="", best_epoch="", n_runs="", n_expected="", n_diverged="")


def published_fid(folder: str | Path) -> pd.DataFrame:
    """Table 11: dataset and its Frechet inception distance to ImageNet."""
    distances = read_published(folder, "table11")[["dataset", "fid"]]
    return distances.assign(note="Distance to ImageNet, as printed in the paper.")


def check_published(folder: str | Path) -> None:
    """Hold every table of a paper's folder against its schema; raises UserError naming the cell."""
    for path in sorted(Path(folder).glob("*.csv")):
        read_printed(folder, path.stem)
