"""Compare a study with its paper."""

from collections.abc import Mapping

import pandas as pd

from transfer.papers.claims import check_claims, has_claims
from transfer.papers.distances import compare_distances, missing_notes
from transfer.papers.evidence import gather_evidence
from transfer.papers.paper import Paper
from transfer.papers.published import (
    printed_scale,
    printed_values,
    read_printed,
)
from transfer.papers.verdict import Comparison, compare_table, completed
from transfer.results.table import StudyResults, above_threshold, part_values, printed_top1


def compare_study(
    results: StudyResults,
    paper: Paper,
    tables: Mapping[str, pd.DataFrame],
    distances: pd.DataFrame | None,
) -> tuple[list[Comparison], list[str]]:
    """Compare all numbers that a study has measured or computed with the printed ones.

    `tables` are those of the study by the number that the paper gives them, `distances` is its
    fid.csv. Returns the findings, and notes on what could not be compared. Values that a
    study takes from the paper are not compared with it.
    """
    published = results.study.source == "published"
    findings: list[Comparison] = []
    notes: list[str] = []
    if not published:
        for part in results.study.parts:
            if part in paper.values:
                findings += compare_values(results, paper, part)
    compared = {table: tables[table] for table in paper.compared if table in tables}
    for table, computed in compared.items():
        threshold = paper.compared[table].threshold
        if threshold not in (None, results.study.threshold):
            notes.append(f"Not compared: {table}, which the paper has above {threshold:g} %.")
        rows = comparable_rows(results, paper, table)
        printed = read_printed(paper.folder, table)
        there = computed[computed["dataset"].isin(rows)]
        findings += compare_table(table, "dataset", printed, there)
    if published:
        findings += compare_model_facts(results, paper)
        if has_claims(paper):
            absent = [table for table in paper.compared if table not in compared]
            absent += [f"part '{part}'" for part in paper.values if part not in results.study.parts]
            if paper.distances and distances is None:
                absent.append("distances")
            if absent:
                notes.append(f"The running text is not compared without {', '.join(absent)}.")
            else:
                fid = pd.DataFrame(columns=["dataset", "fid"]) if distances is None else distances
                findings += check_claims(paper, gather_evidence(results, paper, compared, fid))
    elif paper.distances and distances is not None:
        table = paper.distances.table
        printed = read_printed(paper.folder, table)
        findings += compare_distances(table, printed, distances)
        notes += missing_notes(distances)
    kind = kind_of_values(results)
    return [completed(finding, kind) for finding in findings], notes


def kind_of_values(results: StudyResults) -> str:
    """Which kind of values the numbers of a study rest on: `runs`, `printed` or `read`."""
    if results.study.source == "runs":
        return "runs"
    precision = results.cells.get("reading_precision", pd.Series(dtype=float))
    return "read" if precision.notna().any() else "printed"


def compare_values(results: StudyResults, paper: Paper, part: str) -> list[Comparison]:
    """Compare the measured values of a part, in the units printed in the paper."""
    values = part_values(results, part)
    # Values in another metric have no printed counterpart.
    other = [
        one
        for one in values.columns
        if results.study.parts[part].metric(results.datasets[one]) != results.datasets[one].metric
    ]
    values = values.drop(columns=other)
    for dataset in values.columns:
        values[dataset] *= printed_scale(paper, results.datasets[dataset].metric)
    printed = printed_values(paper, part).reset_index()
    return compare_table(paper.values[part].table, "model", printed, values.reset_index())


def comparable_rows(results: StudyResults, paper: Paper, table: str) -> list[str]:
    """The datasets of a compared table that rest on all that the paper's rows rest on.

    With a threshold these are the models above it, each row on its own dataset; without one all
    models on all datasets. A study of other models, or with another threshold, has none.
    """
    threshold = paper.compared[table].threshold
    printed = printed_values(paper, "main")
    values = part_values(results)
    if threshold is None:
        same = set(values.index) == set(printed.index) and set(values) == set(printed)
        return list(values) if same and values.notna().all(axis=None) else []
    if threshold != results.study.threshold:
        return []
    top1 = printed_top1(paper.top1_tables)
    values = values[above_threshold(results)]
    if set(values.index) != {model for model in printed.index if top1.get(model, 0) > threshold}:
        return []
    return list(values.columns[values.notna().all()])


def compare_model_facts(results: StudyResults, paper: Paper) -> list[Comparison]:
    """Compare the printed facts about models with those of the libraries."""
    if not paper.model_facts:
        return []
    library = pd.DataFrame(
        {
            "model": results.models["model"],
            "imagenet_top1": results.models["imagenet_top1_library"],
            "parameters_millions": results.models["parameters"] / 1e6,
        }
    )
    printed = read_printed(paper.folder, paper.model_facts)
    return compare_table(paper.model_facts, "model", printed, library)
