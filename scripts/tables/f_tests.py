"""Nested F-tests of ImageNet accuracy and the other datasets as predictors (Appendix N.1)."""

import pandas as pd

from transfer.drawing.tables import Column, Table, beside_printed, decimals, show_p
from transfer.results.computed import nested_f_tests
from transfer.results.table import StudyResults, bound_notes, complete_values, part_notes

READS = ("results", "printed")
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}
# Each dataset is compared with the others.
FEWEST_DATASETS = 2


def make(results: StudyResults, printed: pd.DataFrame | None, *, part: str) -> Table:
    table, bound = nested_f_tests(results, part)
    table = table.reset_index()
    models = len(complete_values(results, part))
    short = results.predictor.short
    columns = [
        Column("dataset", "Dataset", lambda key: results.datasets[key].name),
        Column("f_average", "F (+average)", decimals(1)),
        Column("p_average", "p", show_p),
        Column("f_imagenet", f"F (+{short})", decimals(2)),
        Column("p_imagenet", "p ", show_p),
        Column("adjusted_r2_imagenet", f"Adj. R² ({short} only)", decimals(2)),
        Column("adjusted_r2_average", "Adj. R² (average only)", decimals(2)),
        Column("adjusted_r2_both", "Adj. R² (both)", decimals(2)),
    ]
    caption = (
        f"Nested F-tests with 1 and {max(models - 3, 0)} degrees of freedom: does the "
        f"average over the other datasets explain variance beyond {short} accuracy, and {short} "
        "accuracy beyond the average?"
    )
    table, columns, beside = beside_printed(table, columns, printed)
    notes = [*part_notes(results, part), *bound_notes(bound), *beside]
    return Table(table, columns, caption, notes)
