"""Make one table of a study: a view of scripts/tables, with the study's options.

    python scripts/make_table.py f_tests --study config/studies/published/fang2023.yaml \\
        --results results/published/fang2023/results.csv \\
        --printed resources/published/fang2023/table12.csv --output table12.csv
"""

from dataclasses import replace

from transfer.command_line import run
from transfer.drawing.tables import Table, write_table
from transfer.drawing.views import run_view, view_parser


def main() -> None:
    args = view_parser("tables", __doc__, "table02.csv; .md and .tex beside it").parse_args()
    table: Table = run_view("tables", "make", args)
    write_table(replace(table, caption=args.caption or table.caption), args.output)


if __name__ == "__main__":
    run(main)
