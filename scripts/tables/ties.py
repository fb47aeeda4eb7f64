"""Mean log odds of each model over the datasets of some parts, and which are tied with the best.

p is that of a two-sided t-test, paired over datasets, against the part's best model; a model with p
above `alpha` is tied with it. No correction for the number of comparisons.
"""

import pandas as pd

from transfer.drawing.tables import Column, Table, decimals, show_p
from transfer.results.table import (
    StudyResults,
    bound_notes,
    complete_values,
    logit_bound,
    part_notes,
)
from transfer.statistics.morey import standard_errors
from transfer.statistics.paired import tied_with_best
from transfer.statistics.transforms import logit

READS = ("results",)
OPTIONS = {
    "parts": {"format": "parts", "default": ["main"]},
    # Heading of a part, where its name is not one.
    "titles": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    "alpha": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.05},
}
FEWEST_DATASETS = 2


def make(results: StudyResults, *, parts: list[str], titles: dict[str, str], alpha: float) -> Table:
    found, columns, notes = [], [], []
    for part in parts:
        values = complete_values(results, part)
        bound = logit_bound(results, values)
        log_odds = logit(values.to_numpy(), bound)
        ties = tied_with_best(log_odds, alpha)
        title = titles.get(part, part.replace("_", " "))
        columns += [
            Column(f"{part}_mean", title, decimals(3)),
            Column(f"{part}_error", f"{title}: SE", decimals(3)),
            Column(f"{part}_p", f"{title}: p", show_p),
            Column(f"{part}_tied", f"{title}: tied", lambda tied: "✓" if tied == 1 else ""),
        ]
        found.append(
            pd.DataFrame(
                {
                    f"{part}_mean": log_odds.mean(axis=1),
                    f"{part}_error": standard_errors(log_odds),
                    f"{part}_p": ties.p,
                    f"{part}_tied": ties.tied.astype(int),
                },
                index=values.index,
            )
        )
        notes += [*part_notes(results, part), *bound_notes(bound)]
    frame = pd.concat(found, axis=1).rename_axis("model").reset_index()
    name = Column("model", "Model", lambda key: str(results.models.loc[key, "name"]))
    caption = (
        "Mean log odds over datasets, with the standard error of the adjusted log odds (Morey's "
        "correction, divisor n), and p of a t-test, paired over datasets, against the best model; "
        f"tied: p > {alpha:g}."
    )
    return Table(frame, [name, *columns], caption, list(dict.fromkeys(notes)))
