"""Printed numbers in the same format as computed ones."""

from pathlib import Path

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.errors import UserError
from transfer.papers.paper import Paper
from transfer.study.study import Study
from transfer.validation import read_table, read_text_table

# What the column `kind` of a table says of values that were read off a figure.
READ = "read"


def read_published(folder: str | Path, table: str) -> pd.DataFrame:
    """Read a table of `resources/published/<paper>`, validated against the schema beside it."""
    return read_table(Path(folder) / f"{table}.csv", table, Path(folder))


def read_printed(folder: str | Path, table: str) -> pd.DataFrame:
    """Like `read_published`, but keep each cell as printed text, with its digits."""
    return read_text_table(Path(folder) / f"{table}.csv", table, Path(folder))


def table_names(folder: str | Path) -> list[str]:
    """The printed tables of a paper's folder, by their files' names, not its claims and totals."""
    names = sorted(path.stem for path in Path(folder).glob("*.csv"))
    return [name for name in names if name not in ("claims", "totals")]


def values_rows(paper: Paper, part: str) -> pd.DataFrame:
    """The rows of the table that holds the values of a part, as text."""
    how = paper.values[part]
    table = read_printed(paper.folder, how.table)
    for column, cell in how.where.items():
        table = table[table[column] == cell]
    return table


def wide_values(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """One column of a long table, models x datasets in the order of its rows."""
    wide = table.pivot(index="model", columns="dataset", values=column)
    return wide.loc[table["model"].unique(), table["dataset"].unique()].fillna("")


def printed_values(paper: Paper, part: str) -> pd.DataFrame:
    """The values of a part of a study as text, models x datasets, with an index of models."""
    how = paper.values[part]
    table = values_rows(paper, part)
    if how.value:
        return wide_values(table, how.value)
    if how.model:
        table = table.assign(model=how.model)
    return table.set_index("model").drop(columns="imagenet_top1", errors="ignore")


def missing_values(paper: Paper, study: Study) -> list[str]:
    """Parts, models and datasets of a study without printed values, one line each."""
    problems = []
    for name, part in study.parts.items():
        if name not in paper.values:
            problems.append(
                f"parts.{name}: {paper.folder / 'paper.yaml'} names no table of values for it; "
                f"there are values for {', '.join(paper.values) or 'none'}"
            )
            continue
        printed = printed_values(paper, name)
        table = paper.folder / f"{paper.values[name].table}.csv"
        for kind, wanted, there in (
            ("models", part.models, printed.index),
            ("datasets", part.datasets, printed.columns),
        ):
            if missing := [one for one in wanted if one not in there]:
                problems.append(f"parts.{name}.{kind}: not in {table}: {', '.join(missing)}")
    return problems


def printed_scale(paper: Paper, metric: str) -> int:
    """Factor between printed values and fractions: 100 for percent, else 1."""
    return 100 if metric in paper.metrics_in_percent else 1


def reading_precision(paper: Paper, part: str) -> pd.DataFrame | None:
    """How far values read off a figure may be off, in their unit, models x datasets as text.

    None where the values of the part are printed.
    """
    table = values_rows(paper, part)
    if not paper.values[part].value or set(table.get("kind", [])) != {READ}:
        return None
    return wide_values(table, "precision")


def published_results(paper: Paper, study: Study, datasets: dict[str, Dataset]) -> pd.DataFrame:
    """The printed values as a results table: one row per (dataset, model), values as fractions.

    Unpublished columns (hyperparameters, epoch, numbers of runs) are left empty, and so is
    `reading_precision` where values are printed. Raises UserError if the paper prints no value for
    a model or dataset of the study.
    """
    if problems := missing_values(paper, study):
        raise UserError("\n".join(problems))
    rows = []
    for name, part in study.parts.items():
        printed, precision = printed_values(paper, name), reading_precision(paper, name)
        for model in part.models:
            for dataset in part.datasets:
                metric = part.metric(datasets[dataset])
                scale = printed_scale(paper, metric)
                cell = str(printed.loc[model, dataset])
                value = round(float(cell) / scale, 6) if cell else None
                reach = "" if precision is None else float(precision.loc[model, dataset]) / scale
                rows.append((dataset, model, part.recipe, metric, value, reach))
    columns = ["dataset", "model", "recipe", "metric", "value", "reading_precision"]
    results = pd.DataFrame(rows, columns=columns)
    empty = {"hp": "", "best_epoch": "", "n_runs": "", "n_expected": "", "n_diverged": ""}
    last = results.pop("reading_precision")
    return results.assign(**empty, reading_precision=last)


def published_fid(paper: Paper) -> pd.DataFrame:
    """The printed Frechet inception distances in the format of fid.csv; empty if there are none."""
    if paper.distances is None:
        return pd.DataFrame(columns=["dataset", "group", "fid", "note"])
    distances = read_published(paper.folder, paper.distances.table)[["dataset", "fid"]]
    distances.insert(1, "group", distances["dataset"].map(paper.distances.group))
    return distances.assign(note="Distance to ImageNet, as printed in the paper.")
