"""Distances to ImageNet: the gap between two groups of datasets, and comparison with a paper."""

import pandas as pd

from transfer.fid.groups import GroupGap, group_gap, rank_agreement
from transfer.papers.verdict import Comparison, compare_table

# With fewer datasets, ranks either agree or disagree completely.
FEWEST_RANKED = 3


def groups_of(distances: pd.DataFrame) -> list[str]:
    """The groups of the datasets of `fid.csv`, in the order in which they first occur."""
    return list(distances["group"].dropna().unique()) if "group" in distances else []


def group_label(group: str) -> str:
    """Display name of a group: `real_world` as real-world."""
    return group.replace("_", "-")


def gap_of(distances: pd.DataFrame, column: str = "fid") -> GroupGap | None:
    """Mean of the first group minus that of the second; None unless there are two groups.

    `distances` has the columns of `fid.csv`, and `column`, which is missing where there is no
    distance.
    """
    groups = groups_of(distances)
    there = distances.dropna(subset=[column])
    values = [there[column][there["group"] == group].astype(float) for group in groups]
    return group_gap(*values) if len(values) == 2 and all(map(len, values)) else None


def gap_words(distances: pd.DataFrame) -> list[str]:
    """The gap and its exact permutation test as a sentence below a table; none without a gap."""
    gap = gap_of(distances)
    if gap is None:
        return []
    first, second = map(group_label, groups_of(distances))
    return [
        f"Mean of the {first} datasets {gap.first_mean:.1f}, of the {second} ones "
        f"{gap.second_mean:.1f}; p = {gap.p_one_sided:.2g} that a split of these datasets into "
        f"groups of the same sizes has so large a gap (all {gap.splits:,} splits)."
    ]


def notes_of(distances: pd.DataFrame) -> list[str]:
    """The distinct notes of `fid.csv`: how values were computed, then which are missing and why."""
    made = distances["fid"].notna()
    return sorted(set(distances["note"][made])) + missing_notes(distances)


def missing_notes(distances: pd.DataFrame) -> list[str]:
    """Why datasets have no distance, in the order of the table; empty if all have one."""
    return list(dict.fromkeys(distances["note"][distances["fid"].isna()]))


def compare_distances(
    table: str, printed: pd.DataFrame, computed: pd.DataFrame
) -> list[Comparison]:
    """Compare each distance with a printed table's, and their order and gap with the printed ones'.

    `printed` is text, `computed` a study's fid.csv. The order counts as agreeing where Spearman's
    rho is 1, the gap and its p where they are the same as those of the printed distances. A dataset
    without a distance in `computed` is left out of all of them.
    """
    computed = computed.dropna(subset=["fid"])
    both = computed.merge(
        printed[["dataset", "fid"]], on="dataset", suffixes=("_computed", "_printed")
    )
    findings = compare_table(table, "dataset", printed[["dataset", "fid"]], computed)

    def add(row: str, column: str, theirs: float, ours: float, digits: int) -> None:
        same = abs(ours - theirs) < 1e-9
        text = f"{theirs:.{digits}f}"
        findings.append(Comparison(table, row, column, text, ours, ours - theirs, 0.0, same))

    if len(both) >= FEWEST_RANKED:
        rho, _ = rank_agreement(both["fid_computed"], both["fid_printed"].astype(float))
        add("order of the datasets", "spearman_rho", 1.0, rho, 4)
    theirs, ours = (gap_of(both, f"fid_{of}") for of in ("printed", "computed"))
    if theirs and ours:
        row = " less ".join(map(group_label, groups_of(both)))
        add(row, "gap", theirs.gap, ours.gap, 2)
        add(row, "p_one_sided", theirs.p_one_sided, ours.p_one_sided, 6)
    return findings
