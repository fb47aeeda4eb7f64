"""The samples that a layout finds in a dataset's files, before any split is drawn."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Protocol

from PIL import Image

from transfer.data.left_out import LeftOut


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
    a split by folds keeps together, `group` that of which no split may have a part; `line` is that
    of the sample in a table.
    """

    id: str
    labels: tuple[int, ...]
    image: ImageSource
    split: str | None = None
    fold: tuple[str, int] | None = None
    group: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Listing:
    """All samples of a dataset, and the names of its classes.

    `left_out` are the files that are not used, `notes` what the layout had to decide, in words.
    """

    samples: tuple[Sample, ...]
    classes: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


def stem(name: str) -> str:
    """A file's name without folder and suffix."""
    return PurePosixPath(name).stem


def with_unique_ids(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Replace ids shared by several images by the file's path without suffix, or else with it."""
    samples = _renamed_if_shared(
        tuple(samples), lambda name: str(PurePosixPath(name).with_suffix(""))
    )
    return _renamed_if_shared(samples, str)


def _renamed_if_shared(
    samples: tuple[Sample, ...], id_of: Callable[[str], str]
) -> tuple[Sample, ...]:
    images = Counter(name for name, _ in {(sample.id, sample.image) for sample in samples})
    return tuple(
        replace(sample, id=id_of(sample.image.name)) if images[sample.id] > 1 else sample
        for sample in samples
    )


def class_order(names: Iterable[str]) -> list[str]:
    """Different names of classes, sorted: as numbers if all are integers, so 9 before 10."""
    different = set(names)
    if all(re.fullmatch(r"[+-]?\d+", name) for name in different):
        return sorted(different, key=lambda name: (int(name), name))
    return sorted(different)
