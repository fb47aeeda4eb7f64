"""Validate the record of a run by its schema and for consistency. Does not import torch."""

import math
from collections.abc import Mapping
from typing import Any

from transfer.errors import UserError
from transfer.metrics import METRICS
from transfer.study.hyperparameters import point_id
from transfer.study.methods import METHODS
from transfer.study.settings import NO_SPLIT, evaluations
from transfer.validation import check

# Fields of both the record and its settings.
OF_RECIPE = ("seed", "batch_size", "selection_split", "report_split")


def check_record(record: Any, where: str) -> None:
    """Raise UserError, naming `where`, if the content of a metrics.json is inconsistent."""
    check(record, "metrics", where)
    _check_settings(record, where)
    _check_numbers(record, where)


def _check_settings(record: Mapping[str, Any], where: str) -> None:
    settings = record["settings"]
    copies = {key: settings["recipe"].get(key, record[key]) for key in OF_RECIPE}
    copies["precision"] = settings["precision"]
    copies["weights"] = settings["model"].get("weights", record["weights"])
    for key, value in copies.items():
        if record[key] != value:
            raise UserError(f"{where}: has {key} {record[key]}, and {value} in its settings")
    method = METHODS.get(settings["recipe"].get("method", "finetune"))
    point = point_id(method.axes, settings["hp"]) if method else ""
    if point and point != record["hp"]:
        raise UserError(f"{where}: is of hp '{record['hp']}', and its settings of {point}")


def _check_numbers(record: Mapping[str, Any], where: str) -> None:
    metric, value, epoch = record["metric"], record["value"], record["best_epoch"]
    history = record["history"]
    judged = [entry for entry in history if entry["report"] is not None]
    # The epochs of a probe do not compete with those of the fine-tuning that follows.
    tuned = [entry for entry in judged if "probe" not in entry]
    recipe = record["settings"]["recipe"]
    counts = [recipe.get(key, 0) for key in ("epochs", "steps", "evaluate_every")]
    expected = evaluations(*counts) if any(counts[:2]) else None

    def refuse(problem: str) -> None:
        raise UserError(f"{where}: {problem}")

    if metric not in METRICS:
        refuse(f"has the metric {metric}; known are {', '.join(METRICS)}")

    if record["status"] == "completed" and (len(judged) < len(history) or value is None):
        refuse("is completed, and an epoch of it has no metrics")
    if record["status"] == "completed" and len(history) != expected:
        refuse(f"is completed after {len(history)} of {expected} epochs")
    if record["status"] == "diverged" and len(judged) != len(history) - 1:
        refuse("is diverged, and not in its last epoch")
    if value is None:
        if tuned:
            refuse("has no value, though epochs of it have one")
        return
    if not METRICS[metric].lowest <= value <= 1:
        refuse(f"has a value of {value:g}, which {metric} cannot take")
    if epoch is None or epoch > len(judged) or judged[epoch - 1] not in tuned:
        refuse(f"has its best epoch at {epoch}, of {len(judged)}")
    best = judged[epoch - 1]
    if record["selection_split"] == NO_SPLIT:
        first = epoch == len(judged)
    else:
        chosen = [(entry["selection"] or {}).get(metric, math.nan) for entry in tuned]
        first = (best["selection"] or {}).get(metric) == max(chosen)
    reported = best["report"].get(metric) == (record["metrics"] or {}).get(metric) == value
    if not first or not reported:
        refuse(f"reports {value:g} of epoch {epoch}, and its history or metrics say otherwise")
