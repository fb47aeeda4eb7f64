"""Table 2: correlation and slope of each dataset's metric on ImageNet top-1, better models only."""

import pandas as pd

from transfer.command_line import compared_study_parser, run
from transfer.drawing.tables import Column, beside_printed, decimals, write_table
from transfer.results.table import (
    above_threshold,
    imagenet_top1,
    load_results,
    part_notes,
    part_values,
)
from transfer.statistics.correlation import linear_fit


def main() -> None:
    args = compared_study_parser(
        __doc__, "table02.csv; .md and .tex are written beside it"
    ).parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    better = above_threshold(results)
    top1 = imagenet_top1(results)[better]
    values = part_values(results)[better]
    rows = []
    for dataset in values.columns:
        there = values[dataset].notna()
        if there.sum() < 3:
            rows.append((dataset, None, None, int(there.sum())))
            continue
        fit = linear_fit(top1[there], values[dataset][there])
        rows.append((dataset, fit.correlation, fit.slope, fit.n))
    table = pd.DataFrame(rows, columns=["dataset", "correlation", "slope", "models"])
    columns = [
        Column("dataset", "Dataset", lambda key: results.datasets[key].name),
        Column("correlation", "Correlation", decimals(2)),
        Column("slope", "Slope", decimals(2)),
        Column("models", "Models"),
    ]
    caption = (
        "Pearson correlation and least-squares slope of each metric on ImageNet top-1 accuracy, "
        f"both as fractions, over models above {results.study.threshold:g} % top-1."
    )
    table, columns, beside = beside_printed(table, columns, args.printed)
    write_table(table, columns, args.output, caption, [*part_notes(results), *beside])


if __name__ == "__main__":
    run(main)
