"""Splits into train, val and test, following the authors' procedures step by step.

Each function takes all samples in the source's order and returns those in use, each with its split.
The public code of fang2023's authors draws from numpy's legacy generator, whose stream is
guaranteed to stay the same; these functions make the same calls in the same order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from transfer.data.expected_splits import reported_of
from transfer.data.groups import draw_groups, join_groups
from transfer.data.samples import Sample
from transfer.errors import UserError

SPLITS = ("train", "val", "test")


def _primary_labels(samples: Sequence[Sample]) -> np.ndarray:
    if any(len(sample.labels) != 1 for sample in samples):
        raise UserError("a split per class needs exactly one label per image; use method: random")
    return np.array([sample.labels[0] for sample in samples], dtype=int)


def _assign(samples: Sequence[Sample], chosen: set[int], inside: str, outside: str) -> list[Sample]:
    return [
        replace(sample, split=inside if row in chosen else outside)
        for row, sample in enumerate(samples)
    ]


def _largest_remainder(counts: Sequence[int], fraction: float) -> list[int]:
    """Integers near `fraction` of each count that add up to `int(fraction * total)`."""
    shares = [fraction * count for count in counts]
    sizes = [int(share) for share in shares]
    left = int(fraction * sum(counts)) - sum(sizes)
    by_remainder = sorted(range(len(counts)), key=lambda i: sizes[i] - shares[i])
    for i in by_remainder[:left]:
        sizes[i] += 1
    return sizes


def per_class(
    samples: Sequence[Sample], *, seed: int, fraction: float, rounding: str = "floor"
) -> list[Sample]:
    """Draw a fraction of each class, without replacement, as `val`; the rest is `train`.

    APTOS and Cassava (seed 414) and EuroSAT (seed 42): one legacy generator, the classes in the
    order of their numbers, `choice(indices, int(fraction * n), replace=False)` in each.
    `rounding: floor` is that code; `largest_remainder` draws `int(fraction * total)` images in
    all, which gives the sizes printed in the paper's Table 1 (APTOS 732, Cassava 4,279) where
    the code gives 731 and 4,277.
    """
    labels = _primary_labels(samples)
    rows_by_class = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    counts = [len(rows) for rows in rows_by_class]
    sizes = (
        [int(fraction * count) for count in counts]
        if rounding == "floor"
        else _largest_remainder(counts, fraction)
    )
    generator = np.random.RandomState(seed)
    chosen: set[int] = set()
    for rows, size in zip(rows_by_class, sizes, strict=True):
        chosen.update(generator.choice(rows, size, replace=False).tolist())
    return _assign(samples, chosen, "val", "train")


def folds(samples: Sequence[Sample], *, seed: int, fraction: float) -> list[Sample]:
    """Assign whole folds to `train` (a fraction of them) or `val`; fold -1 is dropped.

    Melanoma (seed 23): one legacy generator; for each of the two tables in turn, the fold
    numbers from 0 upward and `choice(folds, int(fraction * n), replace=False)` for train. The
    authors take the folds in the order of a Python set, which for these numbers is ascending.
    """
    generator = np.random.RandomState(seed)
    train: set[tuple[str, int]] = set()
    tables = dict.fromkeys(sample.fold[0] for sample in samples if sample.fold)
    for table in tables:
        numbers = sorted({s.fold[1] for s in samples if s.fold and s.fold[0] == table})
        numbers = [number for number in numbers if number >= 0]
        drawn = generator.choice(numbers, size=int(fraction * len(numbers)), replace=False)
        train.update((table, number) for number in drawn.tolist())
    return [
        replace(sample, split="train" if sample.fold in train else "val")
        for sample in samples
        if sample.fold and sample.fold[1] >= 0
    ]


def listed(samples: Sequence[Sample]) -> list[Sample]:
    """Use the split that the source publishes for each sample (HPA's table, CCT-20's files...).

    Raises UserError for a sample without one.
    """
    for sample in samples:
        if sample.split not in SPLITS:
            raise UserError(
                f"{sample.id}: its split is '{sample.split}', not train, val or test; "
                "give the source a split or choose another split method"
            )
    return list(samples)


def per_class_count(samples: Sequence[Sample], *, seed: int, count: int) -> list[Sample]:
    """Draw `count` images of each class at random as `train`; the rest is `test`.

    Caltech-101 (kornblith2019: 30 per class; their draw was not published, so the seed is ours).
    """
    labels = _primary_labels(samples)
    generator = np.random.RandomState(seed)
    chosen: set[int] = set()
    for label in range(labels.max() + 1):
        rows = np.flatnonzero(labels == label)
        if len(rows) <= count:
            raise UserError(f"class {label} has {len(rows)} images, too few for {count} in train")
        chosen.update(generator.choice(rows, count, replace=False).tolist())
    return _assign(samples, chosen, "train", "test")


def random(samples: Sequence[Sample], *, seed: int, fraction: float) -> list[Sample]:
    """Draw a fraction of all samples, regardless of labels, as `val`; the rest is `train`."""
    size = int(fraction * len(samples))
    chosen = np.random.RandomState(seed).choice(len(samples), size, replace=False)
    return _assign(samples, set(chosen.tolist()), "val", "train")


def grouped(samples: Sequence[Sample], *, seed: int, fraction: float) -> list[Sample]:
    """Draw whole groups, with about a fraction of each class, as `val`; the rest is `train`.

    Rows of one image are in one group, also without a column of groups.
    """
    joined = join_groups(samples)
    chosen = draw_groups(joined, fraction=fraction, seed=seed)
    return [replace(s, split="val" if s.group in chosen else "train") for s in joined]


def none(samples: Sequence[Sample]) -> list[Sample]:
    """Assign every sample to `train`, for images that are not trained on, as for distances."""
    return [replace(sample, split="train") for sample in samples]


METHODS: dict[str, Callable[..., list[Sample]]] = {
    "per_class": per_class,
    "folds": folds,
    "listed": listed,
    "per_class_count": per_class_count,
    "random": random,
    "grouped": grouped,
    "none": none,
}


def hold_out(
    samples: Sequence[Sample], *, fraction: float, reported: str, seed: int = 0
) -> list[Sample]:
    """Split a validation set off train, so that selection never sees the reported images.

    The split that runs report on (`reported`) becomes `test`, so that the carved rows,
    which become `val`, cannot be taken for it; rows of any other evaluation split are dropped.
    Of each class `round(fraction * n)` training images are carved, at least one where the class
    has two; an image with several labels counts under its rarest. Rows of one image go together.
    Where samples have groups, whole groups are carved instead.
    """
    kept = [sample for sample in samples if sample.split in ("train", reported)]
    train = [row for row, sample in enumerate(kept) if sample.split == "train"]
    if any(sample.group is not None for sample in kept):
        joined = join_groups([kept[row] for row in train])
        groups = draw_groups(joined, fraction=fraction, seed=seed)
        carved = {row for row, s in zip(train, joined, strict=True) if s.group in groups}
    else:
        carved = _carved_images(kept, train, fraction, seed)
    return [
        replace(s, split="test" if s.split == reported else "val" if row in carved else "train")
        for row, s in enumerate(kept)
    ]


def _carved_images(
    kept: Sequence[Sample], train: Sequence[int], fraction: float, seed: int
) -> set[int]:
    """Rows of the training images that a holdout without groups makes val."""
    frequency = np.bincount([label for row in train for label in kept[row].labels] or [0])
    rows_of: dict[object, list[int]] = {}
    for row in train:
        rows_of.setdefault(kept[row].image, []).append(row)
    images_of: dict[int, list[list[int]]] = {}
    for rows in rows_of.values():
        labels = kept[rows[0]].labels
        rarest = min(labels, key=lambda label: (frequency[label], label)) if labels else -1
        images_of.setdefault(rarest, []).append(rows)
    generator = np.random.RandomState(seed)
    chosen: set[int] = set()
    for label in sorted(images_of):
        images = images_of[label]
        size = min(max(1, round(fraction * len(images))), len(images) - 1)
        for image in generator.choice(len(images), size, replace=False):
            chosen.update(images[image])
    return chosen


def split_samples(samples: Sequence[Sample], options: Mapping[str, Any]) -> list[Sample]:
    """Samples with their splits, ordered by split and then as in the source.

    `options` is a dataset's `split` block.
    """
    keywords = {key: value for key, value in options.items() if key not in ("method", "holdout")}
    done = METHODS[options["method"]](samples, **keywords)
    if options.get("holdout"):
        holdout = options["holdout"]
        reported = reported_of(holdout, {sample.split for sample in done})
        done = hold_out(done, **{**holdout, "reported": reported})
    return sorted(done, key=lambda sample: SPLITS.index(str(sample.split)))
