"""The best run of each cell of a study, from the records that the runs leave."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.errors import UserError
from transfer.grid import Cell

# The parts of a run's settings that all runs of a cell share.
MADE_FROM = ("dataset", "model", "recipe")


@dataclass(frozen=True)
class Run:
    """What selection needs of one run's metrics.json.

    `value` is the metric on the split that is reported, `criterion` what the run is chosen by;
    both are None for a run that diverged. `made_from` are its dataset, model and recipe as they
    stood, each as text.
    """

    hp: str
    metric: str
    value: float | None
    criterion: float | None
    best_epoch: int | None
    weights: str
    made_from: Mapping[str, str]

    @property
    def diverged(self) -> bool:
        """Whether the run has no value because its loss ceased to be finite."""
        return self.value is None


def read_run(path: str | Path, selection: str) -> Run:
    """Read a run's metrics.json.

    `selection` is `as_published`, which chooses by the reported value itself, as the authors
    did, or `honest`, which chooses by the metric on the split that chose the epoch. Raises
    UserError for a broken record, and for `honest` where both splits are one.
    """
    try:
        record: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        hp, metric, value = record["hp"], record["metric"], record["value"]
        epoch, weights = record["best_epoch"], record["weights"]
        splits = record["selection_split"], record["report_split"]
        history = record["history"]
        made_from = {key: json.dumps(record["settings"][key], sort_keys=True) for key in MADE_FROM}
    except (json.JSONDecodeError, KeyError) as error:
        raise UserError(
            f"{path}: not a whole record of a run ({error}). Delete it and start the workflow "
            "again: it makes the run anew."
        ) from None
    criterion = value
    if selection == "honest" and value is not None:
        if splits[0] == splits[1]:
            raise UserError(
                f"{path}: epoch and value are both of split '{splits[0]}', so no choice by it is "
                "honest. Use a recipe that reports another split, such as finetune_holdout, or "
                "set `selection: as_published` in the study."
            )
        criterion = history[epoch - 1]["selection"][metric]
    return Run(hp, metric, value, criterion, epoch, weights, made_from)


def best_run(runs: Sequence[Run]) -> Run | None:
    """The run with the highest criterion, the first of equals; None if all diverged."""
    whole = [run for run in runs if run.criterion is not None]
    return max(whole, key=lambda run: run.criterion or 0.0) if whole else None


def refuse_mixed(cell: Cell, found: Sequence[Run]) -> None:
    """Raise UserError if a cell's runs were not all made from the same data, weights and settings.

    The workflow makes them all again after a change; this is for what it cannot see.
    """
    for key in MADE_FROM:
        groups: dict[str, list[str]] = {}
        for run in found:
            groups.setdefault(run.made_from[key], []).append(run.hp)
        if len(groups) > 1:
            fewest = min(groups.values(), key=len)
            raise UserError(
                f"{cell.dataset}/{cell.model}/{cell.recipe}: {len(fewest)} of its {len(found)} "
                f"runs were made with another version of the {key} than the rest: "
                f"{', '.join(fewest[:5])}{' and more' if len(fewest) > 5 else ''}. Start the "
                "workflow again; if it makes nothing anew, delete the folders of the older runs."
            )


def select(
    cells: Iterable[Cell], runs: Path, selection: str, allow_partial: bool, metrics: dict[str, str]
) -> pd.DataFrame:
    """One row per cell, the columns of results.csv, with the selected run of each.

    `runs` is the folder of all runs; `metrics` the metric of each dataset. Raises UserError
    listing the runs that are missing, unless `allow_partial`; then a cell counts those there
    are. Runs of a cell that were made from different data, weights or settings are refused. A
    cell whose runs all diverged, or are all missing, has no value.
    """
    rows, missing = [], []
    for cell in cells:
        found = []
        for hp in cell.hps:
            path = runs / cell.run_folder(hp) / "metrics.json"
            if path.is_file():
                found.append(read_run(path, selection))
            else:
                missing.append(str(path))
        refuse_mixed(cell, found)
        best = best_run(found)
        rows.append(
            {
                "dataset": cell.dataset,
                "model": cell.model,
                "recipe": cell.recipe,
                "metric": metrics[cell.dataset],
                "value": best.value if best else None,
                "hp": best.hp if best else "",
                "best_epoch": best.best_epoch if best else None,
                "n_runs": len(found),
                "n_expected": len(cell.hps),
                "n_diverged": sum(run.diverged for run in found),
            }
        )
    if missing and not allow_partial:
        shown = "\n  ".join(missing[:10])
        more = f"\n  and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise UserError(
            f"{len(missing)} runs are not there:\n  {shown}{more}\n"
            "Make them by starting the workflow again, or select among those there are with "
            "`--config allow_partial=true`, which every table and figure then says."
        )
    return pd.DataFrame(rows).astype({"best_epoch": "Int64"})
