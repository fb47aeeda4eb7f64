"""What a run left behind, read with distrust: by its schema, its path and its own numbers."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from transfer.errors import UserError
from transfer.files import read_json
from transfer.grid import Cell
from transfer.validation import check

# Lowest possible values; the highest is 1 for all metrics.
LOWEST = {"quadratic_weighted_kappa": -1.0}
# What all runs of a cell share.
SHARED = ("dataset", "model", "recipe", "precision", "code")
# Packages whose versions are stated where they differ.
STATED = ("torch", "torchvision", "timm")


@dataclass(frozen=True)
class Run:
    """What selection needs of one run's metrics.json.

    `value` is the metric on the report split, `criterion` what the run is chosen by; both are
    None for a run that diverged in its first epoch. `shared` are its settings of `SHARED`, each as
    text, and `code` the fingerprint of the code that computed.
    """

    hp: str
    diverged: bool
    value: float | None
    criterion: float | None
    best_epoch: int | None
    shared: Mapping[str, str]
    code: str
    device: str
    batch_size: int
    micro_batch: int
    versions: str


def read_run(path: str | Path, cell: Cell, hp: str, metric: str, selection: str) -> Run:
    """Read the metrics.json of a cell's run at one point of its grid.

    `metric` is that of the cell's dataset. `selection` is `as_published`, which chooses by the
    reported value itself, as the authors did, or `honest`, which chooses by the metric on the
    split that chose the epoch. Raises UserError for a record that is broken, of another run, or
    at odds with itself, and for `honest` where both splits are one.
    """
    record = _read(path)
    wanted = {"dataset": cell.dataset, "model": cell.model, "recipe": cell.recipe, "hp": hp}
    for key, name in (wanted | {"metric": metric}).items():
        if record[key] != name:
            _refuse(path, f"is of {key} '{record[key]}', and '{name}' belongs here")
        if key in wanted and record["settings"][key].get("name") != name:
            _refuse(path, f"has settings of another {key}, and '{name}' belongs here")
    _check_numbers(path, record)
    criterion = record["value"]
    if selection == "honest" and criterion is not None:
        if record["selection_split"] == record["report_split"]:
            raise UserError(
                f"{path}: epoch and value are both of split '{record['report_split']}', so no "
                "choice by it is honest. Use a recipe that reports another split, such as "
                "finetune_holdout, or set `selection: as_published` in the study."
            )
        criterion = record["history"][record["best_epoch"] - 1]["selection"][metric]
    settings = record["settings"]
    return Run(
        hp=hp,
        diverged=record["status"] == "diverged",
        value=record["value"],
        criterion=criterion,
        best_epoch=record["best_epoch"],
        shared={key: json.dumps(settings[key], sort_keys=True) for key in SHARED},
        code=record["code"],
        device=record["device"],
        batch_size=record["batch_size"],
        micro_batch=record["micro_batch"],
        versions=", ".join(
            f"{p} {record['versions'][p]}" for p in STATED if p in record["versions"]
        ),
    )


def _read(path: str | Path) -> dict[str, Any]:
    try:
        record = read_json(path)
        check(record, "metrics", str(path))
    except (ValueError, UserError) as error:
        _refuse(path, f"is not a whole record of a run: {error}")
    return record


def _check_numbers(path: str | Path, record: Mapping[str, Any]) -> None:
    """Raise UserError unless value, epoch and history agree."""
    metric, value, epoch = record["metric"], record["value"], record["best_epoch"]
    history = record["history"]
    judged = [entry for entry in history if entry["selection"] is not None]
    expected = record["settings"]["recipe"].get("epochs")
    if record["status"] == "completed" and (len(judged) < len(history) or value is None):
        _refuse(path, "is completed, and an epoch of it has no metrics")
    if record["status"] == "completed" and len(history) != expected:
        _refuse(path, f"is completed after {len(history)} of {expected} epochs")
    if record["status"] == "diverged" and len(judged) != len(history) - 1:
        _refuse(path, "is diverged, and not in its last epoch")
    if value is None:
        if judged:
            _refuse(path, "has no value, though epochs of it have one")
        return
    if not LOWEST.get(metric, 0.0) <= value <= 1:
        _refuse(path, f"has a value of {value:g}, which {metric} cannot take")
    if epoch is None or epoch > len(judged):
        _refuse(path, f"has its best epoch at {epoch}, of {len(judged)}")
    best = judged[epoch - 1]
    chosen = [entry["selection"].get(metric, math.nan) for entry in judged]
    if best["selection"].get(metric) != max(chosen) or value != best["report"].get(metric):
        _refuse(path, f"reports {value:g} of epoch {epoch}, and its history says otherwise")


def _refuse(path: str | Path, problem: str) -> NoReturn:
    raise UserError(
        f"{path}: {problem}. Delete it and start the workflow again, which restores or trains it."
    ) from None
