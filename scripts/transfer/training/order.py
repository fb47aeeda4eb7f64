"""The order of images in a run, and its length."""

from dataclasses import dataclass

import numpy as np
import torch

from transfer.study.settings import Settings

# A run that counts steps looks at its loss, and may write a checkpoint, after whole passes over
# the data of so many steps or more.
STEPS_BETWEEN_LOOKS = 100


def epoch_order(rows: np.ndarray, settings: Settings, epoch: int) -> list[np.ndarray]:
    """Batches of shuffled row numbers for an epoch; deterministic."""
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    shuffled = rows[torch.randperm(len(rows), generator=generator).numpy()]
    size = settings.batch_size
    parts = [shuffled[i : i + size] for i in range(0, len(rows), size)]
    short = len(parts[-1]) < size and settings.drop_last
    return parts[:-1] if len(parts) > 1 and (short or len(parts[-1]) == 1) else parts


@dataclass(frozen=True)
class Length:
    """The length of a run in optimiser steps.

    An epoch is `per_epoch` steps, which see `images` images. The run takes `total` steps and is
    evaluated after every `period` steps and at its end; its loss is checked after every `look`
    steps and at each evaluation.
    """

    per_epoch: int
    images: int
    batch_size: int
    total: int
    period: int
    look: int

    def between(self, evaluation: int) -> tuple[int, int]:
        """The steps before an evaluation, counted from 0, as the first and the one after the last.

        The last evaluation may follow fewer steps than the others; there are none after it.
        """
        start = min(evaluation * self.period, self.total)
        return start, min(start + self.period, self.total)

    def images_until(self, step: int) -> int:
        """Number of images in the first `step` steps."""
        epochs, steps = divmod(step, self.per_epoch)
        return epochs * self.images + min(steps * self.batch_size, self.images)


def length_of(rows: np.ndarray, settings: Settings) -> Length:
    """The length of a run that trains on `rows`."""
    order = epoch_order(rows, settings, 0)
    per_epoch, images = len(order), sum(len(batch) for batch in order)
    if settings.steps:
        total, period = settings.steps, settings.evaluate_every or settings.steps
        look = per_epoch * -(-STEPS_BETWEEN_LOOKS // per_epoch)
    else:
        total, period, look = per_epoch * settings.epochs, per_epoch, per_epoch
    return Length(per_epoch, images, settings.batch_size, total, period, look)


def batches_between(
    rows: np.ndarray, settings: Settings, length: Length, first: int, last: int
) -> list[np.ndarray]:
    """Batches of row numbers for the steps from `first` to before `last`, epoch after epoch."""
    batches = []
    for epoch in range(first // length.per_epoch, -(-last // length.per_epoch)):
        start = epoch * length.per_epoch
        order = epoch_order(rows, settings, epoch)
        batches += order[max(first - start, 0) : last - start]
    return batches
