"""The displayed progress of a run: a bar on a terminal, one line per evaluation in a log."""

import sys
import time
from typing import Any

import torch
from tqdm import tqdm

from transfer.words import duration


def title(history: list[dict[str, Any]], number: int) -> str:
    """An epoch's number, or the step of that evaluation in a run that counts steps."""
    step = history[number - 1].get("step") if number else None
    return f"epoch {number}" if step is None else f"step {step}"


class ProgressLine:
    """Show loss, metric, images per second and time left, with few GPU synchronisations."""

    def __init__(self, evaluations: int, metric: str, length: int) -> None:
        """`length` is the number of epochs or steps, as the run counts them."""
        self.evaluations, self.metric, self.length = evaluations, metric, length
        self.bar = tqdm(
            total=0, unit="image", disable=not sys.stderr.isatty(), dynamic_ncols=True, leave=False
        )
        self._shown = 0.0

    def start(self, until: str, images: int, done: int) -> None:
        """`images` are those until the next evaluation, `until` as `title` names it; `done` of
        them were trained on before."""
        self.bar.reset(total=images)
        self.bar.update(done)
        self.bar.set_description(f"{until}/{self.length}")

    def step(self, images: int, loss_sum: torch.Tensor, seen: int) -> None:
        """Update after an optimiser step; reads the loss from the device at most once a second.

        Of several losses the smallest is shown.
        """
        if self.bar.disable:
            return
        self.bar.update(images)
        if time.monotonic() - self._shown > 1:
            self.bar.set_postfix(loss=f"{loss_sum.min().item() / seen:.4f}")
            self._shown = time.monotonic()

    def evaluated(self, history: list[dict[str, Any]], best: int) -> None:
        """Print the last entry of the history, with the time left at the current pace."""
        entry = history[-1]
        seconds = sum(e["training_seconds"] + e["evaluation_seconds"] for e in history)
        left = seconds / len(history) * (self.evaluations - len(history))
        self.note(
            f"{title(history, len(history))}/{self.length}  loss {entry['loss']:.4f}  "
            f"{self.metric} {entry['report'][self.metric]:.4f}  best {title(history, best)}  "
            f"{entry['images_per_second']:.0f} images/s  {duration(left)} left"
        )

    def note(self, text: str) -> None:
        """Print a line to stdout, above the bar if there is one."""
        tqdm.write(text)
        sys.stdout.flush()

    def close(self) -> None:
        """Remove the bar from the terminal."""
        self.bar.close()
