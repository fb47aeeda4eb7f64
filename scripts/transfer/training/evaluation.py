"""An epoch's verdict: scores on the evaluation images, metrics, and the best epoch so far."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from transfer.errors import UserError
from transfer.study.settings import NO_SPLIT, Settings
from transfer.training.batches import ahead, gather_slice
from transfer.training.metrics import best_thresholds, check_labels, evaluate
from transfer.training.task import Task


@dataclass
class Best:
    """The best epoch so far, counted from 1 (0: none), with its logits on both splits.

    `metrics` are those of the report split; `thresholds` are logits, one per class; `weights` is
    the network's state dict without its last layer, on the CPU, where it is kept.
    """

    epoch: int = 0
    selection_value: float = float("-inf")
    metrics: dict[str, float] | None = None
    selection_scores: torch.Tensor | None = None
    report_scores: torch.Tensor | None = None
    thresholds: list[float] | None = None
    weights: dict[str, torch.Tensor] | None = None


@dataclass(frozen=True)
class Verdict:
    """Metrics of one epoch on the selection and the report split, with the logits behind them.

    Those of the selection split are None where no split chooses.
    """

    selection: dict[str, float] | None
    report: dict[str, float]
    selection_scores: torch.Tensor | None
    report_scores: torch.Tensor
    thresholds: np.ndarray | None

    def better(self, best: Best, epoch: int, metric: str) -> Best:
        """Return the better epoch; ties keep the earlier one, as in the authors' code.

        Where no split chooses, the last epoch is the best.
        """
        value = self.selection[metric] if self.selection else float("inf")
        if self.selection and value <= best.selection_value:
            return best
        return Best(
            epoch,
            value,
            self.report,
            self.selection_scores,
            self.report_scores,
            None if self.thresholds is None else self.thresholds.tolist(),
        )


def evaluated_splits(settings: Settings) -> list[str]:
    """The splits that are evaluated after an epoch, each once."""
    both = dict.fromkeys((settings.selection_split, settings.report_split))
    return [split for split in both if split != NO_SPLIT]


def check_splits(task: Task) -> None:
    """Raise UserError before training where a split cannot be scored."""
    data, settings = task.dataset, task.settings
    searched = data.labels.ndim == 2 and settings.thresholds == "searched"
    if searched and settings.selection_split == NO_SPLIT:
        raise UserError(
            "no split is left to search thresholds on: the run is trained on it. Say "
            "`thresholds: half` in the recipe, or train its final runs on train alone"
        )
    for split in evaluated_splits(settings):
        check_labels(data.metric, data.labels[data.rows(split)], len(data.classes), split)


def split_scores(
    task: Task, model: nn.Module, split: str, size: int, between: Callable[[], None]
) -> torch.Tensor:
    """Logits, float32 `(m, classes)` on the CPU, of a split's images in index order.

    `size` is the number of images at a time. `between` is called before every batch and may raise.
    """
    images = task.dataset.evaluation_images(task.settings.image_size, split)
    parts = [slice(i, min(i + size, len(images))) for i in range(0, len(images), size)]
    model.eval()
    scores = []
    with torch.no_grad():
        for batch in ahead(lambda part: gather_slice(images, part, task.device), parts):
            between()
            scores.append(task.logits(model, batch.to(task.device, non_blocking=True)))
        return torch.cat(scores).cpu()


def all_scores(
    task: Task, model: nn.Module, size: int, between: Callable[[], None]
) -> dict[str, torch.Tensor]:
    """The scores of the selection and the report split, by split.

    `size` and `between` are those of `split_scores`.
    """
    return {
        split: split_scores(task, model, split, size, between)
        for split in evaluated_splits(task.settings)
    }


def judge(task: Task, scores: dict[str, torch.Tensor]) -> Verdict | None:
    """The verdict on the scores of each split; None if a score is not finite.

    With thresholds `searched`, those of the selection split serve the report split as well.
    """
    data, settings = task.dataset, task.settings
    selection, report = settings.selection_split, settings.report_split
    if not all(bool(part.isfinite().all()) for part in scores.values()):
        return None
    labels = {split: data.labels[data.rows(split)] for split in scores}
    thresholds = None
    if data.labels.ndim == 2 and settings.thresholds == "searched":
        thresholds = best_thresholds(scores[selection].double().numpy(), labels[selection])
    metrics = {
        split: evaluate(data.metric, scores[split].numpy(), labels[split], thresholds)
        for split in scores
    }
    return Verdict(
        metrics.get(selection), metrics[report], scores.get(selection), scores[report], thresholds
    )
