"""Pre-training: fine-tuning's loop, which keeps the trained network for other runs."""

from collections.abc import Callable

from torch import nn

from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interruption
from transfer.training.methods import finetune
from transfer.training.report import Report, unreported
from transfer.training.task import Task


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
) -> finetune.Outcome:
    """Train a network as `finetune.train` does; its weights at the best epoch are in the outcome.

    They are `outcome.best.weights`, without the head for the source's classes; None if no epoch was
    evaluated.
    """
    return finetune.train(task, build, checkpoint, interruption, report, keep_weights=True)
