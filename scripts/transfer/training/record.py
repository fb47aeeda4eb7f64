"""Write the outputs of a run: `metrics.json` and the predictions of the best epoch."""

import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transfer.files import atomic_path, write_json
from transfer.machine.leases import Lease
from transfer.training.finished import COPY, PREDICTIONS, set_aside
from transfer.training.methods.finetune import Outcome
from transfer.training.task import Task
from transfer.training.weights import tensors_digest, write_weights
from transfer.validation import check

PACKAGES = ("numpy", "scikit-learn", "timm", "torch", "torchvision")


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


def metrics_record(
    task: Task, settings: dict[str, Any], outcome: Outcome, code: str, lease: Lease | None = None
) -> dict[str, Any]:
    """Return the content of `metrics.json`; `workflow/schemas/metrics.schema.yaml` describes it.

    `settings` are those of `run_settings`, `code` the fingerprint of the code that computed. A
    diverged run has the value of its best epoch before the loss ceased to be finite, as the
    authors' code keeps it, or null if there was none.
    """
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
        "value": best.metrics[metric] if best.metrics else None,
        "best_epoch": best.epoch or None,
        "metrics": best.metrics,
        "kept_weights": tensors_digest(kept) if (kept := left_weights(outcome)) else None,
        "selection_split": task.settings.selection_split,
        "report_split": task.settings.report_split,
        "history": outcome.history,
        "seconds": training + evaluation,
        "images_per_second": outcome.images / training,
        "images_per_epoch": outcome.images_per_epoch,
        "batch_size": task.settings.batch_size,
        "micro_batch": outcome.micro_batch,
        "device": _device_name(task.device),
        "card": asdict(lease.gpu) if lease and lease.gpu else None,
        "precision": settings["precision"],
        "code": code,
        "seed": task.settings.seed,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "settings": settings,
    }


def left_weights(outcome: Outcome) -> dict[str, torch.Tensor] | None:
    """What a run leaves for others to start from; nothing if it diverged."""
    return outcome.best.weights if outcome.status == "completed" else None


def write_predictions(path: Path, task: Task, outcome: Outcome) -> None:
    """Write the best epoch's logits, by split: `ids`, `scores`, `labels`; `thresholds` if searched.

    `ids`, `scores` and `labels` are of the report split; where the selection split is another,
    its own stand beside them with `selection_` before the name. A run without a best epoch leaves
    none.
    """
    if outcome.best.report_scores is None:
        path.unlink(missing_ok=True)
        return
    data, best, settings = task.dataset, outcome.best, task.settings
    parts = [("", settings.report_split, best.report_scores)]
    if best.selection_scores is not None and settings.selection_split != settings.report_split:
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
    """Write predictions and `metrics.json`, checked by its schema, and a copy for `restore`.

    What was finished here with other settings is set aside, not overwritten.
    """
    check(record, "metrics", str(path))
    set_aside(path.parent, record["settings"])
    copy = path.with_name(COPY)
    # A copy must never be beside the predictions of another run.
    copy.unlink(missing_ok=True)
    write_predictions(path.with_name(PREDICTIONS), task, outcome)
    write_weights(path.parent, left_weights(outcome), record["settings"])
    write_json(copy, record)
    write_json(path, record)
