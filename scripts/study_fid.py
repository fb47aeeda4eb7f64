"""Collect the distances of a study, the gap between its groups, and the published order.

The groups are those of the study's paper; a study without one has no gap.

A dataset whose distance is missing because files must be placed by hand keeps its row: its value is
empty, and its note says which files to place where.

    python scripts/study_fid.py --fid results/fid/eurosat.json results/fid/pets.json \\
        --published resources/published/fang2023 \\
        --output results/fang2023/fid.csv --groups results/fang2023/fid_groups.json
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pandas as pd

from transfer.command_line import run
from transfer.data.dataset import Dataset, read_datasets
from transfer.fid.groups import rank_agreement
from transfer.files import atomic_path, write_json
from transfer.papers.distances import FEWEST_RANKED, gap_of
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fid", type=Path, nargs="*", default=[], help="results of fid.py")
    parser.add_argument(
        "--without", nargs="*", default=[], metavar="DATASET", help="datasets without a distance"
    )
    parser.add_argument(
        "--to-place",
        nargs="*",
        default=[],
        metavar="DATASET/FILE",
        help="files to place by hand, of these datasets or of the reference",
    )
    parser.add_argument(
        "--published", type=Path, help="resources/published/<paper>, if the study has one"
    )
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument(
        "--output", type=Path, required=True, help="dataset, group, fid, note (.csv)"
    )
    parser.add_argument("--groups", type=Path, required=True, help="gap and order (.json)")
    return parser.parse_args()


class _MadeWith(TypedDict, total=False):
    image_path: str


class DistanceRow(TypedDict):
    """The contents of results/fid/<dataset>.json that are shown, as fid.py writes them."""

    dataset: str
    fid: float
    reference: str
    images: str
    weights: str
    resize: str
    image_path: NotRequired[str]
    reference_made_with: NotRequired[_MadeWith]


def note(result: DistanceRow) -> str:
    """Describe how a value was computed, for the note below a table."""
    images = {"train": "training images", "all": "all images", "folder": "a folder of images"}
    chosen = images.get(result["images"], f"{result['images']} images")
    text = (
        f"Distance to {result['reference']} from {chosen}; weights: {result['weights']}; "
        f"resize: {result['resize']}."
    )
    path = result.get("image_path", "not stated")
    if path != "originals":
        text += f" Images not at their full size: {path}."
    if result.get("reference_made_with", {}).get("image_path") == "not stated":
        text += " How the reference was made is not stated."
    if result["weights"].startswith("random"):
        text += " Random weights: the value says nothing about the datasets."
    return text


def missing_notes(
    without: list[str], to_place: list[str], datasets: dict[str, Dataset]
) -> dict[str, str]:
    """Say why each dataset in `without` has no distance, and which files to place where.

    `to_place` are files as `dataset/file`; those of a dataset that is not in `without` are the
    reference's.
    """
    files: dict[str, list[str]] = {}
    for entry in to_place:
        dataset, _, file = entry.partition("/")
        files.setdefault(dataset, []).append(file)
    place = {
        dataset: f"place {', '.join(names)} (see {datasets[dataset].homepage}) in "
        f"resources/downloads/{dataset}, or name a folder with its training images under "
        f"fid: folders: {dataset} in config/config.yaml."
        for dataset, names in files.items()
    }
    of_reference = " ".join(
        f"No distances without {datasets[dataset].name}, to which they are computed: {words}"
        for dataset, words in place.items()
        if dataset not in without
    )
    return {
        dataset: f"No distance of {datasets[dataset].name}: {place[dataset]}"
        if dataset in place
        else of_reference
        for dataset in without
    }


def gap_between_groups(distances: pd.DataFrame) -> dict[str, float] | None:
    """The gap and its exact permutation test; None without two groups with values."""
    gap = gap_of(distances)
    return asdict(gap) if gap else None


def main() -> None:
    arguments = parse_arguments()
    results: list[DistanceRow] = [
        json.loads(path.read_text(encoding="utf-8")) for path in arguments.fid
    ]
    datasets = read_datasets(arguments.datasets)
    rows: list[dict[str, Any]] = [
        {"dataset": r["dataset"], "fid": r["fid"], "note": note(r)} for r in results
    ]
    missing = missing_notes(arguments.without, arguments.to_place, datasets)
    rows += [{"dataset": name, "fid": None, "note": words} for name, words in missing.items()]
    paper = read_paper(arguments.published) if arguments.published else None
    group = paper.distances.group if paper and paper.distances else {}
    order = [*group, *datasets]
    rows.sort(key=lambda row: order.index(row["dataset"]))
    computed = pd.DataFrame(rows, columns=["dataset", "fid", "note"])
    computed.insert(1, "group", computed["dataset"].map(group))
    with atomic_path(arguments.output) as temporary:
        computed.to_csv(temporary, index=False, lineterminator="\n")

    summary: dict[str, dict[str, float] | None] = {"computed": gap_between_groups(computed)}
    if paper and paper.distances:
        table = published_fid(paper)
        summary["published"] = gap_between_groups(table)
        both = computed.dropna(subset=["fid"]).merge(
            table, on="dataset", suffixes=("", "_published")
        )
        if len(both) >= FEWEST_RANKED:
            rho, p = rank_agreement(both["fid"], both["fid_published"])
            summary["rank_agreement"] = {"spearman_rho": rho, "p": p, "datasets": len(both)}
    write_json(arguments.groups, summary)


if __name__ == "__main__":
    run(main)
