"""Disk space still needed for downloads, prepared datasets and runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transfer.data.dataset import Dataset
from transfer.progress.cost import Work, run_bytes, store_bytes
from transfer.progress.work import DatasetSize
from transfer.study.expected import Run
from transfer.study.model import Model
from transfer.words import size

# How many file names fit on a line.
MANY = 3


@dataclass(frozen=True)
class Need:
    """Bytes still needed, and the names of files of unknown size."""

    bytes: int
    unknown: tuple[str, ...] = ()

    def __add__(self, other: "Need") -> "Need":
        return Need(self.bytes + other.bytes, self.unknown + other.unknown)

    @property
    def short(self) -> str:
        """The size, and the number of files of unknown size; a dot for nothing."""
        more = [f"{len(self.unknown)} of unknown size"] if self.unknown else []
        known = [size(self.bytes)] if self.bytes else []
        return " + ".join(known + more) or "·"

    def __str__(self) -> str:
        """The size, and the files of unknown size: by name, or by dataset if there are many."""
        names = self.unknown
        if len(names) > MANY:
            names = tuple(dict.fromkeys(name.partition("/")[0] for name in names))
        more = f", and {len(self.unknown)} of unknown size: {', '.join(names)}"
        return size(self.bytes) + (more if self.unknown else "")


def downloads_needed(datasets: Mapping[str, Dataset], folder: Path) -> Need:
    """Space for the source files that are not in `folder` yet."""
    total, unknown = 0, []
    for name, dataset in datasets.items():
        for file in dataset.files:
            if (folder / name / file.name).exists():
                continue
            if file.size:
                total += file.size
            else:
                unknown.append(f"{name}/{file.name}")
    return Need(total, tuple(unknown))


def stores_needed(datasets: Mapping[str, Dataset], sizes: Mapping[str, DatasetSize]) -> Need:
    """Space for the datasets that are not prepared yet, as an upper bound."""
    total, unknown = 0, []
    for name, dataset in datasets.items():
        if dataset.like:
            # It copies no image.
            continue
        there = sizes.get(name)
        sides = dataset.short_sides
        if there is None or (not there.prepared and "original" in sides):
            unknown.append(name)
        elif not there.prepared:
            images = there.train + there.evaluated
            evaluation_sizes = list(dataset.evaluation_sizes)
            stated = dataset.stated.side if dataset.stated else None
            for side in sides:
                pixels = min(int(side), stated) if stated else int(side)
                total += store_bytes(images, there.evaluated, pixels, evaluation_sizes)
                # Evaluation images are stored once, however many stores there are.
                evaluation_sizes = []
    return Need(total, tuple(unknown))


def weights_needed(models: Mapping[str, Model], folder: Path) -> Need:
    """Space for the float32 weights of the models that are not in `folder` yet."""
    missing = [model for name, model in models.items() if not (folder / f"{name}.json").exists()]
    return Need(sum(4 * model.parameters for model in missing))


def checkpoints_needed(models: Iterable[Model], places: int) -> Need:
    """Space for the largest checkpoints of `places` concurrent runs, two copies each.

    A checkpoint holds the weights and AdamW's two moments; it is deleted when its run ends.
    """
    largest = max((model.parameters for model in models), default=0)
    return Need(2 * places * 3 * 4 * largest)


def runs_needed(
    runs: Iterable[Run], works: Mapping[Run, Work], sizes: Mapping[str, DatasetSize]
) -> Need:
    """Space for the records and predictions of runs still to come, without checkpoints."""
    total, unknown = 0, set()
    for run in runs:
        there, work = sizes.get(run.dataset), works[run]
        if there is None:
            unknown.add(run.dataset)
        else:
            total += run_bytes(there.evaluated, there.classes, work.epochs)
    return Need(total, tuple(sorted(unknown)))
