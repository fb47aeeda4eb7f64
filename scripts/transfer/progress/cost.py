"""The cost of runs: GPU time from measured speeds, and bytes on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from transfer.progress.states import RunState
from transfer.study.expected import Run

# Evaluation is a forward pass only, about a third of a training step.
FORWARD_SHARE = 1 / 3


@dataclass(frozen=True)
class Speed:
    """Training images per second at an image size in pixels, and the source of the number."""

    images_per_second: float
    image_size: int
    source: str

    def at(self, image_size: int) -> "Speed":
        """The speed at another image size, assuming work proportional to the area."""
        if image_size == self.image_size:
            return self
        factor = (self.image_size / image_size) ** 2
        return Speed(
            self.images_per_second * factor,
            image_size,
            f"{self.source}, from {self.image_size} px by area",
        )


@dataclass(frozen=True)
class Work:
    """The work of one run: training and evaluation images per epoch, epochs, image size.

    The numbers of images are None for a dataset that is neither prepared nor in the paper.
    """

    train_images: int | None
    evaluated_images: int | None
    epochs: int
    image_size: int

    def seconds(self, images_per_second: float) -> float | None:
        """GPU time of the whole run at a training speed; None if the dataset's size is unknown."""
        if self.train_images is None or self.evaluated_images is None:
            return None
        per_epoch = self.train_images + self.evaluated_images * FORWARD_SHARE
        return per_epoch * self.epochs / images_per_second


@dataclass(frozen=True)
class Estimate:
    """Seconds of one run and the source of the estimate; both None if unknown."""

    seconds: float | None
    source: str | None


class Measured:
    """Speeds and times of finished runs.

    Runs on a CPU say nothing about GPU time and count only if no run has used a GPU.
    """

    def __init__(self, states: Iterable[RunState], image_sizes: Mapping[Run, int]):
        """`image_sizes` in pixels."""
        self._seconds: dict[tuple[str, str, str], list[float]] = {}
        self._speeds: dict[str, list[Speed]] = {}
        finished = [s for s in states if s.state == "done" and s.seconds and s.images_per_second]
        with_gpus = [state for state in finished if not state.on_cpu]
        self._where = "" if with_gpus else " on a CPU"
        for state in with_gpus or finished:
            run, source = state.run, f"finished runs on other datasets{self._where}"
            seconds, speed = state.seconds or 0.0, state.images_per_second or 0.0
            self._seconds.setdefault((run.dataset, run.model, run.recipe), []).append(seconds)
            self._speeds.setdefault(run.model, []).append(Speed(speed, image_sizes[run], source))

    def estimate(self, run: Run, work: Work, published: Mapping[str, Speed]) -> Estimate:
        """Estimate a run's time from finished runs of its cell, else from its model's speed on
        other datasets, else from the published speed."""
        if own := self._seconds.get((run.dataset, run.model, run.recipe)):
            runs = "run" if len(own) == 1 else "runs"
            return Estimate(fmean(own), f"{len(own)} finished {runs}{self._where}")
        if speeds := self._speeds.get(run.model):
            at_size = [speed.at(work.image_size) for speed in speeds]
            speed = median(one.images_per_second for one in at_size)
            return Estimate(work.seconds(speed), at_size[0].source)
        if run.model in published:
            known = published[run.model].at(work.image_size)
            return Estimate(work.seconds(known.images_per_second), known.source)
        return Estimate(None, None)


def store_bytes(images: int, evaluated: int, short_side: int, sizes: Iterable[int]) -> int:
    """Bytes of a prepared dataset: RGB pixels of all images at 4:3, and the evaluation images.

    An upper bound: images are never enlarged, so smaller ones take less.
    """
    store = images * short_side * round(short_side * 4 / 3) * 3
    return store + sum(evaluated * size * size * 3 for size in sizes)


def run_bytes(evaluated: int, classes: int, epochs: int) -> int:
    """Bytes kept by a finished run: float32 scores, ids, labels, and the record."""
    return evaluated * (4 * classes + 8 + 4 * 20) + 600 * epochs + 6000
