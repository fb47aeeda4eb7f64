"""Which models a paper marks as tied with the best on each dataset, and what accuracies decide.

The paper's test exchanges the predictions of two models image by image. For top-1 accuracy its p is
bounded by the two accuracies and the number of test images alone: a mark is confirmed where both
bounds are on its side of `alpha`, contradicted where both are on the other, and open in between.
Other metrics need the predictions.
"""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.errors import UserError
from transfer.statistics.permutation import swap_test_range

READS = ("printed", "sizes", "datasets")
OPTIONS = {
    "alpha": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.05},
}
BOUNDED = "accuracy"


def make(
    printed: pd.DataFrame, sizes: pd.DataFrame, datasets: dict[str, Dataset], *, alpha: float
) -> Table:
    if lacking := {"setting", "dataset", "accuracy", "tied_with_best"} - set(printed.columns):
        raise UserError(f"marked_ties: the printed table has no column {', '.join(lacking)}")
    numbers = printed.astype({"accuracy": float})
    numbers["tied"] = numbers["tied_with_best"] == "true"
    rows = []
    for dataset in dict.fromkeys(numbers["dataset"]):
        counts = {"confirmed": 0, "contradicted": 0, "open": 0}
        marked = 0
        for _, panel in numbers[numbers["dataset"] == dataset].groupby("setting"):
            marked += int(panel["tied"].sum())
            for state, count in states(panel, sizes.loc[dataset], alpha).items():
                counts[state] += count
        compared = sum(counts.values())
        rows.append({"dataset": dataset, "marked": marked, "compared": compared, **counts})
    frame = pd.DataFrame(rows)
    total = {"dataset": "all", **frame.drop(columns="dataset").sum()}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    names = {key: dataset.short_name for key, dataset in datasets.items()}
    columns = [
        Column("dataset", "Dataset", lambda key: names.get(key, "All")),
        Column("marked", "Marked as tied"),
        Column("compared", "Compared with the best"),
        Column("confirmed", "Confirmed"),
        Column("contradicted", "Contradicted"),
        Column("open", "Open"),
    ]
    caption = (
        "Models that the paper marks as tied with the best one of their panel, over all settings, "
        "and how many of all comparisons with the best the accuracies confirm, contradict or leave "
        f"open (exchange test, two-sided, p > {alpha:g} is a tie)."
    )
    notes = [
        "Bounds of p follow from two top-1 accuracies; means over classes and average precision "
        "need predictions, which were not published."
    ]
    if set(printed.get("kind", [])) == {"read"}:
        notes.append("Accuracies and marks are read off the paper's figure.")
    return Table(frame, columns, caption, notes)


def states(panel: pd.DataFrame, size: pd.Series, alpha: float) -> dict[str, int]:
    """How many models of one panel, beside its best, are confirmed, contradicted and open."""
    best = panel.loc[panel["accuracy"].idxmax()]
    found = {"confirmed": 0, "contradicted": 0, "open": 0}
    for row in panel.drop(index=best.name).itertuples():
        if size["metric"] != BOUNDED:
            found["open"] += 1
            continue
        images = int(size["eval_size"])
        p = swap_test_range(float(row.accuracy) / 100, float(best["accuracy"]) / 100, images)
        if p.smallest > alpha or p.largest <= alpha:
            found["confirmed" if (p.smallest > alpha) == row.tied else "contradicted"] += 1
        else:
            found["open"] += 1
    return found
