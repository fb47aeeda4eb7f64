"""What the runs of a study answer to each statement of its paper's text, a line each."""

import pandas as pd

from transfer.drawing.tables import Column, Table
from transfer.papers.verdict import with_digits_of

READS = ("statements",)
ANSWERS = ("holds", "does not hold", "not enough runs", "cannot tell")


def here(printed: str, recomputed: float, answer: str) -> str:
    """The answer as a number with the digits that are printed, or as yes or no.

    On the edge of rounding the digit that is printed is right as well.
    """
    if pd.isna(recomputed):
        return "–"
    if printed:
        return printed if answer == "holds" else with_digits_of(printed, recomputed)
    return "yes" if recomputed else "no"


def make(statements: pd.DataFrame) -> Table:
    frame = statements.assign(
        printed=statements["printed"].fillna(""), why=statements["why"].fillna("")
    )
    frame["here"] = [
        here(str(row["printed"]), row["recomputed"], row["answer"])
        for row in frame.to_dict("records")
    ]
    counts = frame["answer"].value_counts()
    found = [f"{key} {counts[key]}" for key in ANSWERS if key in counts]
    columns = [
        Column("section", "Section"),
        Column("claim", "Statement"),
        Column("printed", "Printed"),
        Column("here", "Here"),
        Column("answer", "Answer"),
        Column("why", "Why"),
    ]
    caption = f"What the runs answer to {len(frame)} statements of the paper's text"
    caption += f": {', '.join(found)}." if found else "."
    notes = [
        "A statement cannot be decided where the study lacks what it rests on, or where resamples "
        "of the test images often answer otherwise."
    ]
    return Table(frame, columns, caption, notes)
