"""Error bars as a paper draws them beside those that candidate corrections give.

A ratio of 1 means that the drawn bar is the computed one. Candidates are the corrections of
`transfer.statistics.morey`, each with both divisors of the standard deviation.
"""

import numpy as np
import pandas as pd

from transfer.drawing.tables import Column, Table, decimals
from transfer.errors import UserError
from transfer.results.table import StudyResults, complete_values, part_notes
from transfer.statistics.morey import standard_errors
from transfer.statistics.transforms import logit

READS = ("results", "printed")
OPTIONS = {
    # By part of the study, the printed table's `setting`.
    "settings": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "default": {"main": "fine_tuned"},
    },
}
CORRECTIONS = {"none": "none", "morey": "√(M / (M − 1)), Morey's", "printed": "M / (M − 1)"}


def make(results: StudyResults, printed: pd.DataFrame | None, *, settings: dict[str, str]) -> Table:
    if printed is None or "standard_error" not in printed.columns:
        raise UserError("error_bars: needs a printed table with a column standard_error")
    rows = []
    for correction in CORRECTIONS:
        for ddof in (0, 1):
            ratios = np.concatenate(
                [
                    drawn_over_computed(results, printed, part, setting, correction, ddof)
                    for part, setting in settings.items()
                ]
            )
            rows.append(
                {
                    "correction": correction,
                    "divisor": "n" if ddof == 0 else "n − 1",
                    "ratio": float(ratios.mean()),
                    "spread": float(ratios.std(ddof=1)),
                    "bars": len(ratios),
                }
            )
    frame = pd.DataFrame(rows)
    nearest = np.log(frame["ratio"]).abs().idxmin()
    frame["nearest"] = (frame.index == nearest).astype(int)
    frame.insert(0, "candidate", frame["correction"] + frame["divisor"].map({"n": "_n"}).fillna(""))
    columns = [
        Column("candidate", "Candidate", lambda name: CORRECTIONS[name.removesuffix("_n")]),
        Column("divisor", "Divisor"),
        Column("ratio", "Drawn / computed", decimals(3)),
        Column("spread", "SD", decimals(3)),
        Column("bars", "Bars"),
        Column("nearest", "Nearest", lambda flag: "✓" if flag else ""),
    ]
    caption = (
        "Error bars as drawn, divided by the standard error over datasets of the adjusted log odds "
        "under each correction for the number of models M: mean and standard deviation over all "
        "bars that can be seen."
    )
    first = next(iter(settings))
    notes = part_notes(results, first)
    reach = printed["standard_error_precision"].replace("", None).dropna().astype(float)
    if len(reach):
        notes.append(f"Bars are read off the figure, exact to {reach.max():g}.")
    return Table(frame, columns, caption, notes)


def drawn_over_computed(
    results: StudyResults,
    printed: pd.DataFrame,
    part: str,
    setting: str,
    correction: str,
    ddof: int,
) -> np.ndarray:
    """The ratio of drawn and computed bar of each model of a part whose bar is printed."""
    values = complete_values(results, part)
    computed = standard_errors(logit(values.to_numpy()), correction, ddof)  # type: ignore[arg-type]
    drawn = printed[printed["setting"] == setting].set_index("model")["standard_error"]
    ratios = drawn.reindex(values.index).replace("", None).astype(float).to_numpy() / computed
    return np.asarray(ratios[~np.isnan(ratios)])
