"""What a run leaves for everything after it: `metrics.json` and the best epoch's predictions."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transfer.data.digest import prepared_digest
from transfer.files import atomic_path, write_json
from transfer.training.cards import Lease
from transfer.training.finetune import Outcome
from transfer.training.task import Task
from transfer.training.weights import weights_digest
from transfer.validation import check

PREDICTIONS = "predictions.npz"
COPY = "finished.json"
PACKAGES = ("numpy", "scikit-learn", "timm", "torch", "torchvision")


def run_settings(
    task: Task, row: dict[str, Any], recipe: str, weights: Path | None, code: str
) -> dict[str, Any]:
    """Everything a run's result depends on, as JSON can hold it.

    `code` is the fingerprint of the training code.
    """
    return {
        "dataset": {
            "name": task.dataset.summary["dataset"],
            "digest": prepared_digest(task.dataset.folder),
            "short_side": task.dataset.short_side,
        },
        "model": {
            "name": row["model"],
            "library": row["library"],
            "architecture": row["architecture"],
            "weights": row["weights"] if weights else "random",
            "weights_sha256": weights_digest(weights) if weights else None,
        },
        "recipe": {"name": recipe} | asdict(task.settings),
        "hp": {"name": task.hp.id} | asdict(task.hp),
        "device": task.device.type,
        "precision": str(task.precision).removeprefix("torch."),
        "code": code,
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


def metrics_record(
    task: Task, settings: dict[str, Any], outcome: Outcome, lease: Lease | None = None
) -> dict[str, Any]:
    """The content of `metrics.json`; `workflow/schemas/metrics.schema.yaml` describes it."""
    completed = outcome.status == "completed"
    training = sum(entry["training_seconds"] for entry in outcome.history)
    evaluation = sum(entry["evaluation_seconds"] for entry in outcome.history)
    best = outcome.best
    metric = task.dataset.metric
    return {
        "status": outcome.status,
        "dataset": settings["dataset"]["name"],
        "model": settings["model"]["name"],
        "recipe": settings["recipe"]["name"],
        "hp": settings["hp"]["name"],
        "weights": settings["model"]["weights"],
        "metric": metric,
        "value": best.metrics[metric] if completed and best.metrics else None,
        "best_epoch": best.epoch if completed else None,
        "metrics": best.metrics if completed else None,
        "selection_split": task.settings.selection_split,
        "report_split": task.settings.report_split,
        "history": outcome.history,
        "seconds": training + evaluation,
        "images_per_second": outcome.images_per_epoch * len(outcome.history) / training,
        "images_per_epoch": outcome.images_per_epoch,
        "batch_size": task.settings.batch_size,
        "micro_batch": outcome.micro_batch,
        "device": _device_name(task.device),
        "card": asdict(lease.card) if lease and lease.card else None,
        "seed": task.settings.seed,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "settings": settings,
    }


def write_predictions(path: Path, task: Task, outcome: Outcome) -> None:
    """The best epoch's logits, by split: `ids`, `scores`, `labels`; `thresholds` if searched.

    `ids`, `scores` and `labels` are of the report split; where the selection split is another,
    its own stand beside them with `selection_` before the name. A diverged run leaves none.
    """
    if outcome.status != "completed" or outcome.best.report_scores is None:
        path.unlink(missing_ok=True)
        return
    data, best, settings = task.dataset, outcome.best, task.settings
    parts = [("", settings.report_split, best.report_scores)]
    if settings.selection_split != settings.report_split:
        parts.append(("selection_", settings.selection_split, best.selection_scores))
    arrays = {}
    for prefix, split, scores in parts:
        rows = data.rows(split)
        arrays[f"{prefix}ids"] = data.ids[rows].astype(str)
        arrays[f"{prefix}scores"] = np.asarray(scores)
        arrays[f"{prefix}labels"] = data.labels[rows]
    if best.thresholds is not None:
        arrays["thresholds"] = np.asarray(best.thresholds)
    with atomic_path(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def write_result(path: Path, task: Task, outcome: Outcome, record: dict[str, Any]) -> None:
    """Write predictions and `metrics.json`, held against its schema, and a copy for `restore`."""
    check(record, "metrics", str(path))
    copy = path.with_name(COPY)
    # Never a copy beside the predictions of another.
    copy.unlink(missing_ok=True)
    write_predictions(path.with_name(PREDICTIONS), task, outcome)
    write_json(copy, record)
    write_json(path, record)


def restore(path: Path, settings: dict[str, Any]) -> bool:
    """Whether a run of just these settings was finished here before; its record is then in place.

    Snakemake deletes the record of a run whose end it did not see, and of one whose inputs were
    made anew, though with the same content. What took hours to compute is not lost for that.
    """
    wanted = json.loads(json.dumps(settings))
    for file in (path, path.with_name(COPY)):
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            there = record["status"] == "diverged" or path.with_name(PREDICTIONS).is_file()
            if record["settings"] != wanted or not there:
                continue
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            continue
        if file != path:
            write_json(path, record)
        return True
    return False
