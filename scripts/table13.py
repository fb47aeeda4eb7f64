"""Table 13: Spearman's rho with the other datasets' average and with ImageNet (Appendix N.2)."""

from transfer.command_line import compared_study_parser, run
from transfer.drawing.tables import Column, beside_printed, decimals, show_p, write_table
from transfer.results.table import (
    bound_notes,
    complete_values,
    imagenet_top1,
    load_results,
    logit_bound,
    part_notes,
)
from transfer.statistics.correlation import rank_correlations


def main() -> None:
    args = compared_study_parser(
        __doc__, "table13.csv; .md and .tex are written beside it"
    ).parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    values = complete_values(results)
    bound = logit_bound(results, values)
    table = rank_correlations(values, imagenet_top1(results)[values.index], bound).reset_index()
    columns = [Column("dataset", "Dataset", lambda key: results.datasets[key].name)]
    for number, (name, heading) in enumerate(
        [
            ("unnormalized", "ρ (average, unnormalized)"),
            ("normalized", "ρ (average, normalized)"),
            ("imagenet", "ρ (ImageNet)"),
        ]
    ):
        # Headings must differ, so that the three p columns stay three columns.
        columns += [
            Column(f"rho_{name}", heading, decimals(4)),
            Column(f"p_{name}", "p" + " " * number, show_p),
        ]
    caption = (
        "Spearman's rho of each dataset with the average over the other datasets and with "
        "ImageNet top-1."
    )
    table, columns, beside = beside_printed(table, columns, args.printed)
    notes = [*part_notes(results), *bound_notes(bound), *beside]
    write_table(table, columns, args.output, caption, notes)


if __name__ == "__main__":
    run(main)
