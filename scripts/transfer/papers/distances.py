"""Distances to ImageNet (Section 6): the gap between the groups, and ours beside the paper's."""

import pandas as pd

from transfer.fid.groups import GroupGap, group_gap, rank_agreement
from transfer.papers.verdict import Finding, hold_table

# Ranks of fewer datasets always agree or disagree wholly.
FEWEST_RANKED = 3


def gap_of(distances: pd.DataFrame, groups: dict[str, str], column: str = "fid") -> GroupGap | None:
    """The real-world datasets against the web-scraped ones; None if a group is empty.

    `distances` has the columns `dataset` and `column`, which is missing where there is no distance;
    `groups` is the group of each dataset.
    """
    distances = distances.dropna(subset=[column])
    group = distances["dataset"].map(groups)
    values = distances[column].astype(float)
    first, second = values[group == "real_world"], values[group == "web_scraped"]
    return group_gap(first, second) if len(first) and len(second) else None


def gap_words(gap: GroupGap) -> str:
    """The gap and its exact permutation test as a sentence below a table."""
    return (
        f"Mean of the real-world datasets {gap.first_mean:.1f}, of the web-scraped ones "
        f"{gap.second_mean:.1f}; p = {gap.p_one_sided:.2g} that a split of these datasets into "
        f"groups of the same sizes has so large a gap (all {gap.splits:,} splits)."
    )


def notes_of(distances: pd.DataFrame) -> list[str]:
    """Each note of `fid.csv` once: how its values were made, then which are missing and why."""
    made = distances["fid"].notna()
    return sorted(set(distances["note"][made])) + missing_notes(distances)


def missing_notes(distances: pd.DataFrame) -> list[str]:
    """Why datasets have no distance, in the order of the table; empty if all have one."""
    return list(dict.fromkeys(distances["note"][distances["fid"].isna()]))


def hold_distances(
    printed: pd.DataFrame, computed: pd.DataFrame, groups: dict[str, str]
) -> list[Finding]:
    """Hold each distance against Table 11, and their order and gap against the printed ones'.

    `printed` holds text. The order counts as agreeing where Spearman's rho is 1, the gap and its
    p where they are the same as those of the printed distances. A dataset without a distance in
    `computed` is left out of all of them.
    """
    computed = computed.dropna(subset=["fid"])
    both = printed[["dataset", "fid"]].merge(
        computed[["dataset", "fid"]], on="dataset", suffixes=("_printed", "_computed")
    )
    findings = hold_table("table11", "dataset", printed[["dataset", "fid"]], computed)

    def add(row: str, column: str, theirs: float, ours: float, digits: int) -> None:
        same = abs(ours - theirs) < 1e-9
        text = f"{theirs:.{digits}f}"
        findings.append(Finding("table11", row, column, text, ours, ours - theirs, 0.0, same))

    if len(both) >= FEWEST_RANKED:
        rho, _ = rank_agreement(both["fid_computed"], both["fid_printed"].astype(float))
        add("order of the datasets", "spearman_rho", 1.0, rho, 4)
    theirs, ours = (gap_of(both, groups, f"fid_{of}") for of in ("printed", "computed"))
    if theirs and ours:
        add("real-world less web-scraped", "gap", theirs.gap, ours.gap, 2)
        add("real-world less web-scraped", "p_one_sided", theirs.p_one_sided, ours.p_one_sided, 6)
    return findings
