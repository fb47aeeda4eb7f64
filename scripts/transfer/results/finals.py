"""The final runs of a cell: its best point, trained again with other seeds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from transfer.results.choice import RECORD, choose_among, refuse_mixed
from transfer.results.records import SHARED, RunRecord, final_run, read_run
from transfer.study.grid import Cell


def read_finals(
    cell: Cell, grid: Sequence[RunRecord], runs: Path, metric: str, current: Mapping[str, str]
) -> list[RunRecord]:
    """The final runs of a cell that are there, in the order of its recipe's seeds.

    `grid` are its other runs, `current` and `runs` as `refuse_mixed` has them. Raises UserError for
    one of another point than the best of them, or that does not share data, weights, precision and
    code with them, or its recipe with the other final runs.
    """
    best = choose_among(grid)
    paths = [runs / cell.run_folder(name) / RECORD for name in cell.finals]
    if best is None:
        return []
    found = [
        final_run(read_run(path, cell, best.hp, metric, "as_published"))
        for path in paths
        if path.is_file()
    ]
    refuse_mixed(cell, found, runs, {}, ("recipe",))
    others = [key for key in SHARED if key != "recipe"]
    refuse_mixed(cell, [*grid, *found], runs, current, others)
    return found


def final_columns(finals: Sequence[RunRecord], diverged: str) -> dict[str, Any]:
    """The columns of results.csv that final runs decide.

    `value` is the mean over those that have one and, if `diverged` is `discard`, did not diverge;
    `value_std` is its sample standard deviation. `best_epoch` is empty where they differ in it.
    `run` names the run whose predictions are kept, the first of them.
    """
    counted = [
        run
        for run in finals
        if run.value is not None and (diverged == "compete" or not run.diverged)
    ]
    values = [run.value for run in counted if run.value is not None]
    epochs = {run.best_epoch for run in counted}
    return {
        "value": fmean(values) if values else None,
        "best_epoch": epochs.pop() if len(epochs) == 1 else None,
        "n_seeds": len(values),
        "value_std": stdev(values) if len(values) > 1 else None,
        "trained_on": counted[0].trained_on if counted else "",
        "reported_epoch": counted[0].reported_epoch if counted else "",
        "run": counted[0].name if counted else "",
    }
