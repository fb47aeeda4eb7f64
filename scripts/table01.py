"""Table 1: the datasets as prepared, beside the sizes that the paper prints."""

import argparse
import json
from pathlib import Path

import pandas as pd

from transfer.command_line import run
from transfer.tables import METRIC_NAMES, Column, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of prepared datasets"
    )
    parser.add_argument("--output", type=Path, required=True, help="table01.csv")
    args = parser.parse_args()
    rows, notes = [], []
    for folder in args.data:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        printed = summary["published"] or {}
        rows.append(
            {
                "dataset": summary["dataset"],
                "name": summary["name"],
                "classes": len(summary["classes"]),
                "train_size": summary["counts"].get("train", 0),
                "eval_size": summary["counts"].get(summary["evaluation"]["reported"], 0),
                "printed_train_size": printed.get("train_size"),
                "printed_eval_size": printed.get("eval_size"),
                "metric": summary["metric"],
            }
        )
        if summary["published_note"]:
            notes.append(f"{summary['short_name']}: {summary['published_note']}")
    table = pd.DataFrame(rows).astype({"printed_train_size": "Int64", "printed_eval_size": "Int64"})
    names = table.set_index("dataset")["name"]

    def size(value: object) -> str:
        return "–" if pd.isna(value) else f"{value:,}"

    columns = [
        Column("dataset", "Dataset", lambda key: str(names[key])),
        Column("classes", "Classes"),
        Column("train_size", "Train size", size),
        Column("eval_size", "Eval size", size),
        Column("metric", "Metric", lambda key: METRIC_NAMES[key]),
    ]
    if table["printed_train_size"].notna().any():
        columns[4:4] = [
            Column("printed_train_size", "Train size printed", size),
            Column("printed_eval_size", "Eval size printed", size),
        ]
    write_table(table, columns, args.output, "The datasets as prepared.", notes)


if __name__ == "__main__":
    run(main)
