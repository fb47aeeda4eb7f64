"""Spearman's rho of each dataset with the others' average and with ImageNet (Appendix N.2)."""

import pandas as pd

from transfer.drawing.tables import Column, Table, beside_printed, decimals, show_p
from transfer.results.computed import predictor_ranks
from transfer.results.table import StudyResults, bound_notes, part_notes

READS = ("results", "printed")
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}
# Each dataset is compared with the others.
FEWEST_DATASETS = 2


def make(results: StudyResults, printed: pd.DataFrame | None, *, part: str) -> Table:
    table, bound = predictor_ranks(results, part)
    table = table.reset_index()
    columns = [Column("dataset", "Dataset", lambda key: results.datasets[key].name)]
    for number, (name, heading) in enumerate(
        [
            ("unnormalized", "ρ (average, unnormalized)"),
            ("normalized", "ρ (average, normalized)"),
            ("imagenet", f"ρ ({results.predictor.short})"),
        ]
    ):
        # Headings must differ, or the three p columns would become one.
        columns += [
            Column(f"rho_{name}", heading, decimals(4)),
            Column(f"p_{name}", "p" + " " * number, show_p),
        ]
    caption = (
        "Spearman's rho of each dataset with the average over the other datasets and with "
        f"{results.predictor.axis}."
    )
    table, columns, beside = beside_printed(table, columns, printed)
    notes = [*part_notes(results, part), *bound_notes(bound), *beside]
    return Table(table, columns, caption, notes)
