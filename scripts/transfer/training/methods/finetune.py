"""Fine-tuning: train, evaluate after every epoch or number of steps, keep the best."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn

from transfer.errors import UserError
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.batches import ResidentPixels, to_device, training_batches
from transfer.training.checkpoint import Checkpoint, CheckpointFile
from transfer.training.evaluation import Best, Verdict, all_scores, check_splits, judge
from transfer.training.heads import last_layer
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.losses import choose_loss
from transfer.training.optim import (
    learning_rate_at,
    make_optimizer,
    make_schedule,
    set_learning_rate,
)
from transfer.training.order import batches_between, length_of
from transfer.training.policies import augmented
from transfer.training.progress import ProgressLine
from transfer.training.report import Report, run_fields, unreported
from transfer.training.task import Task

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """The result of training; `status` is completed or diverged.

    `best` of a diverged run is its best epoch before the loss or a score became non-finite. In a
    run that counts steps, an epoch of `best` and `history` is the interval between two evaluations.
    `images` is the total number trained on, with repetitions; `images_per_epoch` that of one pass.
    """

    status: str
    best: Best
    history: list[dict[str, Any]]
    images: int
    images_per_epoch: int
    micro_batch: int


def _body(model: nn.Module) -> dict[str, torch.Tensor]:
    """Copy a network's state to the CPU, without its last layer."""
    head = f"{last_layer(model)}."
    state = model.state_dict()
    return {
        name: state[name].cpu().clone(memory_format=torch.contiguous_format)
        for name in state
        if not name.startswith(head)
    }


class FineTuning:
    """The state of a run: the network, its optimiser, and everything else in a checkpoint.

    It may be a part of a run: the one that follows the epochs in `history`, with the state that the
    generator then has, or the one that ends after `end` evaluations. A part of a run that counts
    epochs has a schedule of its own.
    """

    def __init__(
        self,
        task: Task,
        model: nn.Module,
        checkpoint: Checkpoint,
        interruption: Interruption,
        micro_batch: int,
        report: Report,
        keep_weights: bool = False,
        *,
        history: Sequence[dict[str, Any]] = (),
        generator: torch.Tensor | None = None,
        end: int | None = None,
    ) -> None:
        """Resume from the checkpoint if there is one with these settings."""
        self.report, self.keep_weights = report, keep_weights
        self.task, self.checkpoint, self.interruption = task, checkpoint, interruption
        self.micro_batch = micro_batch
        settings, device = task.settings, task.device
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = self._optimizer()
        self.end = settings.evaluations if end is None else end
        part = replace(settings, epochs=self.end - len(history))
        self.schedule = None if settings.steps else make_schedule(self.optimizer, part)
        self.generator = torch.Generator().manual_seed(settings.seed)
        if generator is not None:
            self.generator.set_state(generator)
        self.loss = choose_loss(task.dataset.labels.ndim == 2)
        self.loss_sum = self._no_loss()
        self.rows = task.dataset.rows(*task.settings.train_splits)
        self.labels = torch.tensor(task.dataset.labels)
        self.sizes = torch.from_numpy(task.dataset.sizes.astype(np.int64))
        self.length = length_of(self.rows, settings)
        self.history: list[dict[str, Any]] = list(history)
        self.trained, self.seconds = self.length.between(len(history))[0], 0.0
        self.best = Best()
        self._restore()
        self.resident = ResidentPixels(task.dataset, self.rows, device) if task.resident else None

    def _optimizer(self) -> torch.optim.Optimizer:
        return make_optimizer(self.model.parameters(), self.task.settings)

    def _no_loss(self) -> torch.Tensor:
        return torch.zeros((), device=self.task.device)

    def _to_training_mode(self) -> None:
        self.model.train()

    def _losses(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of a micro-batch, or the losses of whatever is trained side by side."""
        return self.loss(logits, target)

    def _mean_loss(self) -> float:
        """The mean loss since the last evaluation; waits for the device."""
        return self.loss_sum.item() / self._images()

    def _verdict(self) -> Verdict | None:
        scores = all_scores(self.task, self.model, self.micro_batch, self._stop_if_asked)
        return judge(self.task, scores)

    def _of_entry(self) -> dict[str, Any]:
        """What an entry of the history says of the training before its evaluation."""
        return {"learning_rate": self.optimizer.param_groups[0]["lr"]}

    def _keep(self, best: Best) -> None:
        if self.keep_weights and best is not self.best:
            best.weights = _body(self.model)
        self.best = best

    def _state(self) -> dict[str, Any]:
        cuda = self.task.device.type == "cuda"
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "torch_random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state(self.task.device) if cuda else None,
            "loss_sum": self.loss_sum,
            "epoch": self.trained // self.length.per_epoch,
            "step": self.trained % self.length.per_epoch,
            "epoch_seconds": self.seconds,
            "history": self.history,
            "best": vars(self.best),
            "micro_batch": self.micro_batch,
        }

    def _restore(self) -> None:
        state = self.checkpoint.read()
        if state is not None:
            self._resume(state)

    def _resume(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.schedule:
            self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["torch_random"])
        if state["cuda_random"] is not None:
            torch.cuda.set_rng_state(state["cuda_random"], self.task.device)
        self.loss_sum = state["loss_sum"].to(self.task.device)
        self.trained = state["epoch"] * self.length.per_epoch + state["step"]
        self.seconds = state["epoch_seconds"]
        self.history = state["history"]
        self.best = Best(**state["best"])
        self.micro_batch = min(self.micro_batch, state["micro_batch"])
        epoch, step = divmod(self.trained, self.length.per_epoch)
        print(f"resuming at epoch {epoch + 1}, step {step} of it", flush=True)

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
        images = augmented(images, settings.augmentation, self.generator)
        labels = to_device(self.labels[rows], task.device)
        self.optimizer.zero_grad(set_to_none=True)
        pieces = -(-len(images) // self.micro_batch)
        # Micro-batches of nearly equal size: batch normalisation needs at least two images.
        parts = zip(images.tensor_split(pieces), labels.tensor_split(pieces), strict=True)
        for part, target in parts:
            share = len(part) / len(images)
            loss = self._losses(task.logits(self.model, part), target) * share
            loss.sum().backward()
            self.loss_sum += loss.detach() * len(images)
        self.optimizer.step()

    def _train_until(self, stop: int, progress: ProgressLine) -> None:
        self._to_training_mode()
        task, settings = self.task, self.task.settings
        seen = self._images()
        since, before = time.monotonic(), self.seconds
        order = batches_between(self.rows, settings, self.length, self.trained, stop)
        for rows, frames in training_batches(task.dataset, order, task.device, self.resident):
            if settings.steps:
                set_learning_rate(self.optimizer, learning_rate_at(self.trained, settings))
            self._train_step(rows, frames)
            self.trained += 1
            seen += len(rows)
            progress.step(len(rows), self.loss_sum, seen)
            self.seconds = before + time.monotonic() - since
            self._stop_if_asked()

    def _images(self) -> int:
        """Images trained on since the last evaluation."""
        start, _ = self.length.between(len(self.history))
        return self.length.images_until(self.trained) - self.length.images_until(start)

    def _evaluate(self, loss: float | None) -> bool:
        """Add an entry to the history and keep it if it is the best; returns False if diverged."""
        task, number = self.task, len(self.history) + 1
        started = time.monotonic()
        verdict = self._verdict() if loss is not None else None
        entry = {
            "epoch": number,
            **({"step": self.trained} if task.settings.steps else {}),
            **self._of_entry(),
            "loss": loss,
            "selection": verdict and verdict.selection,
            "report": verdict and verdict.report,
            "training_seconds": self.seconds,
            "evaluation_seconds": time.monotonic() - started,
            "images_per_second": self._images() / self.seconds,
        }
        self.history.append(entry)
        if verdict is None:
            return False
        self._keep(verdict.better(self.best, number, task.dataset.metric))
        return True

    def _report(self, evaluations: int) -> None:
        metrics, metric = self.best.metrics, self.task.dataset.metric
        start, end = self.length.between(len(self.history))
        part = (self.trained - start) / (end - start) if end > start else 0.0
        speed = self._images() / self.seconds if part else self.history[-1]["images_per_second"]
        best = metrics[metric] if metrics else None
        self.report(**run_fields(self.history, evaluations, best, speed, part, self.seconds))

    def train(self) -> Outcome:
        """Train to the end, or until the loss or a score is no longer finite.

        Whether the loss is finite is looked at once an epoch, or every hundred steps or so, so that
        no step waits for the device. Raises Interrupted once a signal has asked to stop and the
        checkpoint is written.
        """
        settings, length = self.task.settings, self.length
        evaluations = settings.evaluations
        counted = settings.steps or settings.epochs
        progress = ProgressLine(evaluations, self.task.dataset.metric, counted)
        status, images = "completed", 0
        # The last point at which the loss was looked at; resumed at such a point, it is again.
        looked = (self.trained - 1) // length.look * length.look
        while len(self.history) < self.end:
            start, end = length.between(len(self.history))
            stop = min((max(looked, start) // length.look + 1) * length.look, end)
            until = f"step {end}" if settings.steps else f"epoch {len(self.history) + 1}"
            progress.start(
                until, length.images_until(end) - length.images_until(start), self._images()
            )
            self._train_until(stop, progress)
            waited = time.monotonic()
            loss = self._mean_loss()
            self.seconds += time.monotonic() - waited
            looked, images = stop, length.images_until(stop)
            finite = bool(np.isfinite(loss))
            if stop == end or not finite:
                if not self._evaluate(loss if finite else None):
                    status = "diverged"
                    progress.note(f"{until}: loss or scores not finite: diverged")
                    break
                if self.schedule:
                    self.schedule.step()
                self.seconds = 0.0
                self.loss_sum.zero_()
                progress.evaluated(self.history, self.best.epoch)
            self._report(evaluations)
            if len(self.history) < self.end:
                self._stop_if_asked()
                if self.checkpoint.due():
                    self.checkpoint.write(self._state())
        progress.close()
        return Outcome(status, self.best, self.history, images, length.images, self.micro_batch)


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
    keep_weights: bool = False,
) -> Outcome:
    """Train a run to its end, with smaller micro-batches if the GPU runs out of memory.

    `build` makes the network, seeded. `report` receives the state of the run as often as its loss
    is looked at. With `keep_weights` the outcome's best epoch has the network's state dict. Raises
    UserError as `within_memory` does.
    """
    check_splits(task)
    keep_weights = keep_weights or task.settings.keep_weights

    def run(task: Task, micro_batch: int) -> Outcome:
        return FineTuning(
            task, build(), checkpoint, interruption, micro_batch, report, keep_weights
        ).train()

    return within_memory(task, run)


def within_memory(task: Task, run: Callable[[Task, int], T]) -> T:
    """Call `run` with a task and a micro-batch, again and with less if the GPU's memory runs out.

    The run then resumes from its checkpoint (or starts again), first without its images on the
    device, which changes no number, then with half the micro-batch and half of that: gradients of
    the pieces add up to the same batch, but batch normalisation sees the pieces, so the micro-batch
    is part of the outcome. Raises UserError if two images are too many.
    """
    micro_batch = task.settings.batch_size
    while True:
        try:
            return run(task, micro_batch)
        except torch.OutOfMemoryError:
            if task.resident:
                task = replace(task, resident=False)
                print("out of GPU memory: resuming with the images in host memory", flush=True)
            else:
                micro_batch = -(-micro_batch // 2)
                print(f"out of GPU memory: {micro_batch} images at a time", flush=True)
        if micro_batch < 2:
            raise UserError("out of GPU memory even with two images at a time")
        if task.device.type == "cuda":
            torch.cuda.empty_cache()
