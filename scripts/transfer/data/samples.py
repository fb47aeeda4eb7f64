"""The samples that a layout finds in a dataset's files, before any split is drawn."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Protocol

from PIL import Image


class ImageSource(Protocol):
    """An image to decode: small, picklable and hashable, with a `name` for messages."""

    @property
    def name(self) -> str: ...

    def load(self) -> Image.Image: ...


@dataclass(frozen=True)
class Sample:
    """One row of the dataset, in the source's order.

    `id` is that of the source, `labels` are class numbers (one, or any number for multi-label
    datasets). `split` is set if published by the source; `fold` identifies the group of images that
    a split by folds keeps together.
    """

    id: str
    labels: tuple[int, ...]
    image: ImageSource
    split: str | None = None
    fold: tuple[str, int] | None = None


@dataclass(frozen=True)
class Listing:
    """All samples of a dataset, and the names of its classes."""

    samples: tuple[Sample, ...]
    classes: tuple[str, ...]


def stem(name: str) -> str:
    """A file's name without folder and suffix."""
    return PurePosixPath(name).stem


def with_unique_ids(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Replace ids shared by several images by the file's path without suffix."""
    samples = tuple(samples)
    images = Counter(name for name, _ in {(sample.id, sample.image) for sample in samples})
    return tuple(
        replace(sample, id=str(PurePosixPath(sample.image.name).with_suffix("")))
        if images[sample.id] > 1
        else sample
        for sample in samples
    )
