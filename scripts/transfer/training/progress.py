"""What a person sees of a run: a bar on a terminal, one line an epoch in a log."""

import sys
import time
from typing import Any

import torch
from tqdm import tqdm

from transfer.words import duration


class Progress:
    """Shows loss, metric, images per second and time left; never asks the GPU without need."""

    def __init__(self, epochs: int, images: int, metric: str) -> None:
        self.epochs, self.images, self.metric = epochs, images, metric
        self.bar = tqdm(
            total=0, unit="image", disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False
        )
        self._shown = 0.0

    def start_epoch(self, epoch: int, done: int) -> None:
        """`epoch` counts from 1; `done` images of it were trained on before."""
        self.bar.reset(total=self.images)
        self.bar.update(done)
        self.bar.set_description(f"epoch {epoch}/{self.epochs}")

    def step(self, images: int, loss_sum: torch.Tensor, seen: int) -> None:
        """After an optimiser step; reads the loss from the device at most once a second."""
        if self.bar.disable:
            return
        self.bar.update(images)
        if time.monotonic() - self._shown > 1:
            self.bar.set_postfix(loss=f"{loss_sum.item() / seen:.4f}")
            self._shown = time.monotonic()

    def end_epoch(self, history: list[dict[str, Any]], best_epoch: int) -> None:
        """One line for the last entry of the history, with the time left at the pace so far."""
        entry = history[-1]
        seconds = sum(e["training_seconds"] + e["evaluation_seconds"] for e in history)
        left = seconds / len(history) * (self.epochs - len(history))
        self.note(
            f"epoch {len(history)}/{self.epochs}  loss {entry['loss']:.4f}  "
            f"{self.metric} {entry['report'][self.metric]:.4f}  best epoch {best_epoch}  "
            f"{entry['images_per_second']:.0f} images/s  {duration(left)} left"
        )

    def note(self, text: str) -> None:
        """A line on stdout, above the bar if there is one."""
        tqdm.write(text)
        sys.stdout.flush()

    def close(self) -> None:
        """Take the bar off the terminal."""
        self.bar.close()
