"""The table to Figure 6: every model on CIFAR-10, and the correlation with ImageNet top-1."""

import pandas as pd

from transfer.command_line import run, study_parser
from transfer.drawing.tables import metric_columns, write_table
from transfer.results.table import (
    StudyResults,
    above_threshold,
    imagenet_top1,
    load_results,
    part_notes,
    part_values,
)
from transfer.statistics.correlation import linear_fit

PART = "cifar10"
# A line through two points fits them wholly.
FEWEST = 3


def fit_words(x: pd.Series, y: pd.Series, which: str) -> str:
    """Correlation and slope over the models that have a value, as half a sentence."""
    y = y.dropna()
    if len(y) < FEWEST:
        return f"too few {which} for a line"
    fit = linear_fit(x[y.index], y)
    return f"{fit.correlation:.2f} and {fit.slope:.2f} over the {fit.n} {which}"


def fit_notes(results: StudyResults) -> list[str]:
    """How each dataset of the part goes with ImageNet top-1: over all models, and the better."""
    top1, values = imagenet_top1(results, PART), part_values(results, PART)
    better = above_threshold(results, PART)
    above = f"models above {results.study.threshold:g} % top-1"
    return [
        f"{results.datasets[name].short_name}: correlation with ImageNet top-1 and slope, both "
        f"as fractions, {fit_words(top1, values[name], 'models')}, "
        f"{fit_words(top1, values[name][better], above)}."
        for name in values
    ]


def main() -> None:
    args = study_parser(
        __doc__, "table_cifar10.csv; .md and .tex are written beside it"
    ).parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    table = part_values(results, PART)
    table.insert(0, "imagenet_top1", imagenet_top1(results, PART))
    table = table.rename_axis("model").reset_index()
    caption = "CIFAR-10 on the hyperparameters of the main experiments: the selected run."
    notes = [*fit_notes(results), *part_notes(results, PART)]
    write_table(table, metric_columns(results, PART), args.output, caption, notes)


if __name__ == "__main__":
    run(main)
