"""The prepared datasets beside the sizes printed in the paper, and their leakage."""

import json
from pathlib import Path

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.drawing.tables import Column, Table
from transfer.metrics import METRICS

READS = ("prepared", "reported", "datasets")
OPTIONS = {
    "parts": {
        "type": "array",
        "items": {"type": "string", "format": "part"},
        "minItems": 1,
        "default": ["main"],
    },
}


def leakage_note(table: pd.DataFrame, names: dict[str, str]) -> str:
    """State which datasets have the same image in training and evaluation, and how many."""
    shared = table[table["shared_images"] > 0]
    if shared.empty:
        return "No image, compared pixel by pixel as stored, occurs in more than one split."
    counts = ", ".join(
        f"{names[row.dataset]} {row.shared_images:,} in {row.shared_rows:,} rows"
        for row in shared.itertuples()
    )
    return (
        f"The same image, compared pixel by pixel as stored, occurs in more than one split: "
        f"{counts}. These images are kept, and what is measured on them is not independent of "
        "training; leakage.csv in the folder of each dataset lists them."
    )


def from_kaggle(dataset: Dataset | None) -> bool:
    """Whether images come from Kaggle; a derived dataset has none of its own."""
    return dataset is not None and any(file.kind.startswith("kaggle") for file in dataset.files)


def make(
    prepared: list[Path],
    reported: dict[str, str],
    datasets: dict[str, Dataset],
    *,
    parts: list[str],
) -> Table:
    rows, notes = [], []
    for folder in prepared:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        printed = summary["published"] or {}
        rows.append(
            {
                "dataset": summary["dataset"],
                "name": summary["name"],
                "classes": len(summary["classes"]),
                "train_size": summary["counts"].get("train", 0),
                "eval_size": summary["counts"].get(reported[summary["dataset"]]),
                "printed_train_size": printed.get("train_size"),
                "printed_eval_size": printed.get("eval_size"),
                "metric": summary["metric"],
                "kaggle": from_kaggle(datasets.get(summary["dataset"])),
                "shared_images": summary["leakage"]["identical_images_across_splits"],
                "shared_rows": summary["leakage"]["rows_concerned"],
            }
        )
        if rows[-1]["eval_size"] is None:
            notes.append(
                f"{summary['name']} has no split '{reported[summary['dataset']]}', which the "
                f"recipe reports, but {', '.join(summary['counts'])}."
            )
        if summary["published_note"]:
            notes.append(f"{summary['short_name']}: {summary['published_note']}")
    sizes = ("eval_size", "printed_train_size", "printed_eval_size")
    table = pd.DataFrame(rows).astype(dict.fromkeys(sizes, "Int64"))
    names = table.set_index("dataset")["name"]

    def size(value: object) -> str:
        return "–" if pd.isna(value) else f"{value:,}"

    columns = [
        Column("dataset", "Dataset", lambda key: str(names[key])),
        Column("classes", "Classes"),
        Column("train_size", "Train size", size),
        Column("eval_size", "Eval size", size),
        Column("metric", "Metric", lambda key: METRICS[key].label),
        Column("kaggle", "Kaggle", lambda yes: "✓" if yes else ""),
        Column("shared_images", "Images in several splits", size),
        Column("shared_rows", "Rows with them", size),
    ]
    if table["printed_train_size"].notna().any():
        columns[4:4] = [
            Column("printed_train_size", "Train size printed", size),
            Column("printed_eval_size", "Eval size printed", size),
        ]
    notes.append(leakage_note(table, {row["dataset"]: row["name"] for row in rows}))
    return Table(table, columns, "The datasets as prepared.", notes)
