"""Distances beside the published ones, the gap between two groups, and rank agreement.

    python scripts/fid_groups.py --fid results/fid/eurosat.json results/fid/pets.json \\
        --published resources/published/fang2023/table11.csv \\
        --first eurosat --second pets \\
        --table results/fid/groups.csv --output results/fid/groups.json
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.command_line import run
from transfer.fid.groups import group_gap, rank_agreement
from transfer.files import atomic_path, write_json


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fid", type=Path, nargs="+", required=True, help="results of fid.py")
    parser.add_argument("--published", type=Path, required=True, help="columns dataset, fid")
    parser.add_argument("--first", nargs="*", default=[], help="datasets of the first group")
    parser.add_argument("--second", nargs="*", default=[], help="datasets of the second group")
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def analyse(table: pd.DataFrame, column: str) -> dict[str, Any] | None:
    """The gap between the groups in one column, or None if a group has no value in it."""
    known = table.dropna(subset=[column])
    first = known.loc[known["group"] == "first", column].to_numpy()
    second = known.loc[known["group"] == "second", column].to_numpy()
    return asdict(group_gap(first, second)) if len(first) and len(second) else None


def main() -> None:
    arguments = parse_arguments()
    results = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.fid]
    groups = dict.fromkeys(arguments.first, "first") | dict.fromkeys(arguments.second, "second")
    columns = ["dataset", "fid", "n_images", "reference", "weights", "resize", "images"]
    table = pd.DataFrame(results)[columns].rename(columns={"fid": "recomputed"})
    published = pd.read_csv(arguments.published).rename(columns={"fid": "published"})
    table = table.merge(published[["dataset", "published"]], on="dataset", how="left")
    table.insert(1, "group", table["dataset"].map(groups))
    table["difference"] = table["recomputed"] - table["published"]

    both = table.dropna(subset=["published"])
    agreement = None
    if len(both) >= 3:
        rho, p = rank_agreement(both["recomputed"].to_numpy(), both["published"].to_numpy())
        agreement = {"spearman_rho": rho, "p": p, "datasets": len(both)}
    with atomic_path(arguments.table) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
    write_json(
        arguments.output,
        {
            "recomputed": analyse(table, "recomputed"),
            "published": analyse(table, "published"),
            "rank_agreement": agreement,
        },
    )


if __name__ == "__main__":
    run(main)
