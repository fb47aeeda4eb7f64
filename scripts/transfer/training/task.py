"""The inputs of a training run, and the forward pass of its network."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

from transfer.data.store import PreparedDataset
from transfer.study.settings import Settings
from transfer.training.augment import normalise


@dataclass(frozen=True)
class Task:
    """Data, recipe and arithmetic of a run.

    `settings` are the recipe's at the run's point of its grid; `mean` and `std` are per channel, in
    [0, 1]; `precision` is torch.float32 or torch.bfloat16; `resident` keeps the training images on
    the device.
    """

    dataset: PreparedDataset
    settings: Settings
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: torch.device
    precision: torch.dtype
    resident: bool

    @cached_property
    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation on the device."""
        return tuple(torch.tensor(v, device=self.device) for v in (self.mean, self.std))  # type: ignore[return-value]

    def logits(self, model: nn.Module, grey_levels: torch.Tensor) -> torch.Tensor:
        """Compute the output, float32 `(batch, classes)`, of RGB images `(batch, size, size, 3)`.

        With `precision` bfloat16 the body runs in it, and the last layer in float32.
        """
        inputs = normalise(grey_levels, *self.statistics, self.settings.channel_order)
        half = self.precision == torch.bfloat16
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=half):
            return model(inputs).float()
