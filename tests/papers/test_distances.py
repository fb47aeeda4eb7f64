"""Distances compared with the paper's: values, order, gap and its permutation test."""

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from transfer.papers.distances import compare_distances, gap_of, missing_notes, notes_of
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, read_printed

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources/published/fang2023"


@pytest.fixture(scope="module")
def printed():
    fid = read_printed(PUBLISHED, "table11")["fid"]
    return published_fid(read_paper(PUBLISHED)).assign(fid=fid)


def rows(findings):
    return {(finding.row, finding.column): finding for finding in findings}


def test_the_printed_distances_agree_with_themselves(printed):
    findings = compare_distances(
        "table11", printed, printed.assign(fid=printed["fid"].astype(float))
    )
    assert len(findings) == 18 + 3
    assert all(finding.agrees for finding in findings)


def test_the_permutation_test_counts_every_split(printed):
    gap = gap_of(printed)
    values = printed["fid"].astype(float).tolist()
    real = {i for i, name in enumerate(printed["dataset"]) if printed["group"][i] == "real_world"}
    total = sum(values)

    def gap_for(chosen) -> float:
        inside = sum(values[i] for i in chosen)
        return inside / 6 - (total - inside) / 12

    splits = list(combinations(range(18), 6))
    as_large = sum(gap_for(split) >= gap_for(real) - 1e-9 for split in splits)
    assert gap.splits == len(splits) == 18564
    assert gap.gap == pytest.approx(gap_for(real))
    assert gap.p_one_sided == pytest.approx(as_large / len(splits))


def test_a_changed_order_and_gap_are_reported(printed):
    values = printed["fid"].astype(float)
    found = rows(compare_distances("table11", printed, printed.assign(fid=1000 - values)))
    order = found["order of the datasets", "spearman_rho"]
    assert order.recomputed == pytest.approx(-1) and not order.agrees
    gap = found["real-world less web-scraped", "gap"]
    assert gap.recomputed == pytest.approx(-float(gap.published), abs=0.01) and not gap.agrees


def show_beside_printed(folder: Path) -> None:
    """The table and the figure of fid.csv in a folder, as a study of runs with a paper has them."""
    for script, name in (("make_table", "table11.csv"), ("draw_figure", "figure3.svg")):
        command = [sys.executable, f"scripts/{script}.py", "distances"]
        command += ["--fid", str(folder / "fid.csv"), "--printed", str(PUBLISHED / "table11.csv")]
        command += ["--output", str(folder / name)]
        subprocess.run(command, cwd=ROOT, check=True, timeout=120)


def test_computed_and_printed_stand_side_by_side(printed, tmp_path):
    table = printed[["dataset", "group"]].assign(
        fid=printed["fid"].astype(float) * 1.1, note="Computed."
    )
    table.to_csv(tmp_path / "fid.csv", index=False)
    show_beside_printed(tmp_path)
    made = pd.read_csv(tmp_path / "table11.csv").set_index("dataset")
    beside = printed.set_index("dataset")["fid"].astype(float)
    assert made["published"].to_dict() == beside.to_dict()
    assert made["fid"].tolist() == pytest.approx((beside * 1.1).tolist())
    assert "all 18,564 splits" in (tmp_path / "table11.md").read_text()
    assert "in brackets" in (tmp_path / "figure3.svg").read_text()


def test_datasets_without_a_distance_are_left_out_and_named(printed, tmp_path):
    values = printed["fid"].astype(float)
    table = printed[["dataset", "group"]].assign(fid=values, note="Computed.")
    lacking = table["dataset"].isin(["birdsnap", "cars"])
    table.loc[lacking, "fid"] = float("nan")
    table.loc[lacking, "note"] = "Place " + table["dataset"][lacking] + ".zip."
    assert notes_of(table) == ["Computed.", *missing_notes(table)]
    assert missing_notes(table) == ["Place birdsnap.zip.", "Place cars.zip."]
    # Both sides of the gap are of the same 16 datasets, so equal distances agree.
    findings = compare_distances("table11", printed, table)
    assert len(findings) == 16 + 3 and all(finding.agrees for finding in findings)
    assert gap_of(table).splits == 8008

    table.to_csv(tmp_path / "fid.csv", index=False)
    show_beside_printed(tmp_path)
    assert "Place birdsnap.zip. Place cars.zip." in (tmp_path / "table11.md").read_text()
    svg = (tmp_path / "figure3.svg").read_text()
    assert "Place birdsnap.zip. Place cars.zip." in svg
    assert "<!-- Food-101 -->" in svg and "<!-- Stanford Cars -->" not in svg
