"""Fine-tuning: every epoch trains, is evaluated, and is remembered if it is the best."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from transfer.errors import UserError
from transfer.study.settings import Settings
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.batches import ResidentPixels, to_device, training_batches
from transfer.training.checkpoint import CheckpointFile
from transfer.training.evaluation import Best, check_splits, judge
from transfer.training.heads import last_layer
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.losses import choose_loss
from transfer.training.optim import make_optimizer, make_schedule
from transfer.training.progress import Progress
from transfer.training.report import Report, epoch_fields, unreported
from transfer.training.task import Task


@dataclass(frozen=True)
class Outcome:
    """What training leaves behind; `status` is completed or diverged.

    `best` of a diverged run is its best epoch before the loss or a score ceased to be finite.
    """

    status: str
    best: Best
    history: list[dict[str, Any]]
    images_per_epoch: int
    micro_batch: int


def epoch_order(rows: np.ndarray, settings: Settings, epoch: int) -> list[np.ndarray]:
    """Batches of shuffled row numbers for an epoch, the same whenever they are asked for."""
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + epoch)
    shuffled = rows[torch.randperm(len(rows), generator=generator).numpy()]
    size = settings.batch_size
    parts = [shuffled[i : i + size] for i in range(0, len(rows), size)]
    short = len(parts[-1]) < size and settings.drop_last
    return parts[:-1] if len(parts) > 1 and (short or len(parts[-1]) == 1) else parts


def _body(model: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a network's state on the CPU, its last layer left out."""
    head = f"{last_layer(model)}."
    state = model.state_dict()
    return {
        name: state[name].cpu().clone(memory_format=torch.contiguous_format)
        for name in state
        if not name.startswith(head)
    }


class Run:
    """A run in the making: the network, its optimiser, and all else that a checkpoint holds."""

    def __init__(
        self,
        task: Task,
        model: nn.Module,
        checkpoint: CheckpointFile,
        interruption: Interruption,
        micro_batch: int,
        report: Report,
        keep_weights: bool = False,
    ) -> None:
        """Resumes from the checkpoint if there is one of these settings."""
        self.report, self.keep_weights = report, keep_weights
        self.task, self.checkpoint, self.interruption = task, checkpoint, interruption
        self.micro_batch = micro_batch
        settings, device = task.settings, task.device
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = make_optimizer(model.parameters(), settings)
        self.schedule = make_schedule(self.optimizer, settings)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.loss = choose_loss(task.dataset.labels.ndim == 2)
        self.loss_sum = torch.zeros((), device=device)
        self.rows = task.dataset.rows(*task.settings.train_splits)
        self.labels = torch.tensor(task.dataset.labels)
        self.sizes = torch.from_numpy(task.dataset.sizes.astype(np.int64))
        self.epoch, self.step, self.epoch_seconds = 0, 0, 0.0
        self.history: list[dict[str, Any]] = []
        self.best = Best()
        self._restore()
        self.resident = ResidentPixels(task.dataset, self.rows, device) if task.resident else None

    def _state(self) -> dict[str, Any]:
        cuda = self.task.device.type == "cuda"
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "torch_random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state(self.task.device) if cuda else None,
            "loss_sum": self.loss_sum,
            "epoch": self.epoch,
            "step": self.step,
            "epoch_seconds": self.epoch_seconds,
            "history": self.history,
            "best": vars(self.best),
            "micro_batch": self.micro_batch,
        }

    def _restore(self) -> None:
        state = self.checkpoint.read()
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_random"])
        if state["cuda_random"] is not None:
            torch.cuda.set_rng_state(state["cuda_random"], self.task.device)
        self.loss_sum = state["loss_sum"].to(self.task.device)
        self.epoch, self.step = state["epoch"], state["step"]
        self.epoch_seconds = state["epoch_seconds"]
        self.history = state["history"]
        self.best = Best(**state["best"])
        self.micro_batch = min(self.micro_batch, state["micro_batch"])
        print(f"going on after {self.epoch} epochs and {self.step} steps", flush=True)

    def _stop_if_asked(self) -> None:
        if self.interruption:
            self.checkpoint.write(self._state())
            raise Interrupted

    def _train_step(self, rows: np.ndarray, frames: torch.Tensor) -> None:
        task, settings = self.task, self.task.settings
        flips = (settings.horizontal_flip, settings.vertical_flip)
        boxes = draw_boxes(
            self.sizes[rows], settings.crop_scale, settings.crop_ratio, flips, self.generator
        )
        images = crop_and_resize(frames, boxes.to(task.device), settings.image_size)
        labels = to_device(self.labels[rows], task.device)
        self.optimizer.zero_grad(set_to_none=True)
        pieces = -(-len(images) // self.micro_batch)
        # Pieces as equal as can be: batch normalisation needs two images or more.
        parts = zip(images.tensor_split(pieces), labels.tensor_split(pieces), strict=True)
        for part, target in parts:
            share = len(part) / len(images)
            loss = self.loss(task.logits(self.model, part), target) * share
            loss.backward()
            self.loss_sum += loss.detach() * len(images)
        self.optimizer.step()

    def _train_epoch(self, order: list[np.ndarray], progress: Progress) -> None:
        self.model.train()
        seen = sum(len(rows) for rows in order[: self.step])
        progress.start_epoch(self.epoch + 1, seen)
        since, before = time.monotonic(), self.epoch_seconds
        left = order[self.step :]
        for rows, frames in training_batches(
            self.task.dataset, left, self.task.device, self.resident
        ):
            self._train_step(rows, frames)
            self.step += 1
            seen += len(rows)
            progress.step(len(rows), self.loss_sum, seen)
            self.epoch_seconds = before + time.monotonic() - since
            self._stop_if_asked()

    def train(self) -> Outcome:
        """Train to the last epoch, or until the loss or a score is no longer finite.

        Whether the loss is finite is looked at once an epoch, so that no step waits for the
        device. Raises Interrupted once a signal has asked to stop and the checkpoint is written.
        """
        task, epochs = self.task, self.task.settings.epochs
        images = sum(len(rows) for rows in epoch_order(self.rows, task.settings, 0))
        progress = Progress(epochs, images, task.dataset.metric)
        status = "completed"
        while self.epoch < epochs and status == "completed":
            self._train_epoch(epoch_order(self.rows, task.settings, self.epoch), progress)
            waited = time.monotonic()
            loss = self.loss_sum.item() / images
            evaluation_started = time.monotonic()
            self.epoch_seconds += evaluation_started - waited
            finite = bool(np.isfinite(loss))
            verdict = (
                judge(task, self.model, self.micro_batch, self._stop_if_asked) if finite else None
            )
            entry = {
                "epoch": self.epoch + 1,
                "learning_rate": self.optimizer.param_groups[0]["lr"],
                "loss": loss if finite else None,
                "selection": verdict and verdict.selection,
                "report": verdict and verdict.report,
                "training_seconds": self.epoch_seconds,
                "evaluation_seconds": time.monotonic() - evaluation_started,
                "images_per_second": images / self.epoch_seconds,
            }
            self.history.append(entry)
            if verdict is None:
                status = "diverged"
                progress.note(f"epoch {self.epoch + 1}: loss or scores not finite: diverged")
                break
            best = verdict.better(self.best, self.epoch + 1, task.dataset.metric)
            if self.keep_weights and best is not self.best:
                best.weights = _body(self.model)
            self.best = best
            self.schedule.step()
            self.epoch, self.step, self.epoch_seconds = self.epoch + 1, 0, 0.0
            self.loss_sum.zero_()
            progress.end_epoch(self.history, self.best.epoch)
            value = best.metrics[task.dataset.metric] if best.metrics else None
            self.report(**epoch_fields(self.history, epochs, value))
            if self.epoch < epochs:
                self._stop_if_asked()
                if self.checkpoint.due():
                    self.checkpoint.write(self._state())
        progress.close()
        return Outcome(status, self.best, self.history, images, self.micro_batch)


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
    keep_weights: bool = False,
) -> Outcome:
    """Train a run to its end, in smaller pieces of a batch if the GPU's memory asks for it.

    `build` makes the network, seeded. Out of memory, the run resumes from its checkpoint (or
    starts again), first without its images on the device, which changes no number, then with half
    the micro-batch and half of that: gradients of the pieces add up to the same batch, but batch
    normalisation sees the pieces, so the micro-batch is part of the outcome. `report` receives
    every epoch. With `keep_weights` the outcome's best epoch has the network's state dict. Raises
    UserError if two images are too many.
    """
    check_splits(task)
    keep_weights = keep_weights or task.settings.keep_weights
    micro_batch = task.settings.batch_size
    while True:
        try:
            run = Run(task, build(), checkpoint, interruption, micro_batch, report, keep_weights)
            return run.train()
        except torch.OutOfMemoryError:
            if task.resident:
                task = replace(task, resident=False)
                print(
                    "out of GPU memory: resuming with the images in the host's memory", flush=True
                )
            else:
                micro_batch = -(-micro_batch // 2)
                print(f"out of GPU memory: {micro_batch} images at a time", flush=True)
        if micro_batch < 2:
            raise UserError("out of GPU memory even with two images at a time")
        if task.device.type == "cuda":
            torch.cuda.empty_cache()
