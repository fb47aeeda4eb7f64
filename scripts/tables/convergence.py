"""Steps and epochs after which each curve of accuracy reaches a fraction of its best odds.

Only numbers of steps that were tried count, without interpolation. For values that were read off a
figure, the earliest and the latest number of steps consistent with the readings are given as well.
"""

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.statistics.convergence import epochs, spread, steps_within_reading

READS = ("printed", "sizes", "datasets")
OPTIONS = {
    "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.9},
    "batch_size": {"type": "integer", "minimum": 1, "default": 256},
}
LABELS = {"fine_tuned": "FT", "random_initialization": "RI", "logistic_regression": "LR"}
SUMMARY = {
    "geometric_mean": "Geometric mean",
    "lower_quartile": "Lower quartile",
    "upper_quartile": "Upper quartile",
}
MEASURES = ("steps", "earliest", "latest", "epochs")


def make(
    printed: pd.DataFrame,
    sizes: pd.DataFrame,
    datasets: dict[str, Dataset],
    *,
    share: float,
    batch_size: int,
) -> Table:
    numbers = printed.astype({"steps": float, "accuracy": float, "precision": float})
    settings = list(dict.fromkeys(numbers["setting"]))
    names = list(dict.fromkeys(numbers["dataset"]))
    tables = []
    for setting in settings:
        rows = {}
        for name in names:
            curve = numbers[(numbers["setting"] == setting) & (numbers["dataset"] == name)]
            fractions, error = curve["accuracy"].to_numpy() / 100, curve["precision"].max() / 100
            found = steps_within_reading(curve["steps"].to_numpy(), fractions, error, share)
            rows[name] = {
                f"{setting}_steps": found.read,
                f"{setting}_earliest": found.earliest,
                f"{setting}_latest": found.latest,
            }
        table = pd.DataFrame.from_dict(rows, orient="index")
        train = sizes.loc[names, "train_size"].to_numpy(dtype=float)
        table[f"{setting}_epochs"] = epochs(table[f"{setting}_steps"], batch_size, train)
        summary = {column: spread(table[column].to_numpy()) for column in table}
        for row, place in zip(SUMMARY, range(3), strict=True):
            table.loc[row] = {column: values[place] for column, values in summary.items()}
        tables.append(table)
    frame = pd.concat(tables, axis=1).rename_axis("dataset").reset_index()
    labels = {key: dataset.short_name for key, dataset in datasets.items()} | SUMMARY
    columns = [Column("dataset", "Dataset", lambda key: labels[key])]
    for setting in settings:
        words = LABELS.get(setting, setting.replace("_", " "))
        columns += [
            Column(f"{setting}_{measure}", f"{words}: {measure}", lambda value: f"{value:,.0f}")
            for measure in MEASURES
        ]
    caption = (
        f"Steps, {batch_size} images each, until a curve first has {share:g} of its best odds, and "
        "the passes over the training images in them; below, geometric mean over datasets and "
        "quartiles (linear interpolation). FT: fine-tuned, RI: from random initialization."
    )
    notes = []
    if set(printed.get("kind", [])) == {"read"}:
        reach = f"{numbers['precision'].max():g} points"
        notes.append(
            f"Computed from values read off the paper's figure, exact to {reach}: earliest and "
            "latest are what they leave open, each curve on its own."
        )
    return Table(frame, columns, caption, notes)
