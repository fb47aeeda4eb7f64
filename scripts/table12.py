"""Table 12: F-tests of what ImageNet accuracy and the other datasets predict (Appendix N.1)."""

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
from transfer.statistics.f_tests import f_tests


def main() -> None:
    args = compared_study_parser(
        __doc__, "table12.csv; .md and .tex are written beside it"
    ).parse_args()
    results = load_results(args.results, args.study, args.models, args.datasets)
    values = complete_values(results)
    bound = logit_bound(results, values)
    table = f_tests(values, imagenet_top1(results)[values.index], bound).reset_index()
    columns = [
        Column("dataset", "Dataset", lambda key: results.datasets[key].name),
        Column("f_average", "F (+average)", decimals(1)),
        Column("p_average", "p", show_p),
        Column("f_imagenet", "F (+ImageNet)", decimals(2)),
        Column("p_imagenet", "p ", show_p),
        Column("adjusted_r2_imagenet", "Adj. R² (ImageNet only)", decimals(2)),
        Column("adjusted_r2_average", "Adj. R² (average only)", decimals(2)),
        Column("adjusted_r2_both", "Adj. R² (both)", decimals(2)),
    ]
    caption = (
        f"Nested F-tests with 1 and {max(len(values) - 3, 0)} degrees of freedom: does the "
        "average over the other datasets explain variance beyond ImageNet accuracy, and ImageNet "
        "accuracy beyond the average?"
    )
    table, columns, beside = beside_printed(table, columns, args.printed)
    notes = [*part_notes(results), *bound_notes(bound), *beside]
    write_table(table, columns, args.output, caption, notes)


if __name__ == "__main__":
    run(main)
