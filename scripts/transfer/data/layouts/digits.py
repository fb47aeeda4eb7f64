"""Tasks from scikit-learn's 1,797 handwritten digits of 8 x 8 pixels: one source, four targets."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from transfer.data.arrays import save
from transfer.data.samples import Listing, Sample

# The digit that counts as the rare class: the rarest, 174 of 1,797 (9.7 %).
RARE = 8

# Ordered grades, of unequal size as real grades are: 0; 1-2; 3-5; 6-8; 9.
GRADES = (0, 1, 1, 2, 2, 2, 3, 3, 3, 4)

# What is true of each digit, as it is usually written.
ATTRIBUTES = {
    "even": {0, 2, 4, 6, 8},
    "prime": {2, 3, 5, 7},
    "at least five": {5, 6, 7, 8, 9},
    "has a loop": {0, 6, 8, 9},
    "multiple of three": {0, 3, 6, 9},
}


# The task to pre-train on; the images of each digit that it has to itself, and how many of those
# are in train and val. The rest of the source, and of the targets, is test.
SOURCE = "orientations"
IN_SOURCE = 80
OF_SOURCE = {"train": 60, "val": 5}
OF_TARGETS = {"train": 5, "val": 10}

# Quarter turns anticlockwise.
SUFFIXES = ("", "_90", "_180", "_270")


def labels_of(digit: int, task: str, turn: int = 0) -> tuple[int, ...]:
    """The class numbers of a digit, after so many quarter turns, in one of the tasks."""
    if task == SOURCE:
        return (4 * digit + turn,)
    if task == "classes":
        return (digit,)
    if task == "rare":
        return (int(digit == RARE),)
    if task == "grades":
        return (GRADES[digit],)
    return tuple(i for i, having in enumerate(ATTRIBUTES.values()) if digit in having)


CLASSES = {
    SOURCE: tuple(f"{digit}{turn}" for digit in range(10) for turn in SUFFIXES),
    "classes": tuple(str(digit) for digit in range(10)),
    "rare": (f"not {RARE}", str(RARE)),
    "grades": ("0", "1 to 2", "3 to 5", "6 to 8", "9"),
    "multilabel": tuple(ATTRIBUTES),
}


def read(folder: Path, scratch: Path, *, task: str, seed: int) -> Listing:
    """Grey images of 0 to 255, each with its split; no image is both in the source and a target.

    The source task, `orientations`, is which digit it is and which way up: 40 classes of the 80
    images of each digit that no other task sees, every image four times, all of them in one split.
    The target tasks share what is left, 94 to 103 images of each digit. `classes`: which digit.
    `rare`: is it an eight, the rarest digit. `grades`: five ordered groups of digits.
    `multilabel`: five attributes, any number true (of the digit 1, none). `seed` says which images
    are in train, val and test; it moves none between the source and the targets.
    """
    digits = load_digits()
    # The source counts dark pixels in blocks of 16: 0 to 16.
    grey = np.round(digits.images * (255 / 16)).astype(np.uint8)
    splits = share_out(digits.target, seed, source=task == SOURCE)
    turns = range(4) if task == SOURCE else range(1)
    turned = np.concatenate([np.rot90(grey, turn, axes=(1, 2)) for turn in turns])
    names = [f"digit_{row:04d}{SUFFIXES[turn]}" for turn in turns for row in range(len(grey))]
    images = save(turned, scratch / "digits.npy", names)
    samples = tuple(
        Sample(
            id=images[turn * len(grey) + row].name,
            labels=labels_of(int(digits.target[row]), task, turn),
            image=images[turn * len(grey) + row],
            split=splits[row],
        )
        for row in sorted(splits)
        for turn in turns
    )
    return Listing(samples, CLASSES[task])


def share_out(digits: np.ndarray, seed: int, source: bool) -> dict[int, str]:
    """The split of each image, by row, of the source task or of the target tasks.

    `digits` is `(n,)`, 0 to 9. Which images are the source's does not depend on the seed.
    """
    # A draw of its own: a target task of any seed shares no image with a source of any other.
    apart, generator = np.random.RandomState(0), np.random.RandomState(seed)
    counts = OF_SOURCE if source else OF_TARGETS
    splits: dict[int, str] = {}
    for digit in range(10):
        drawn = apart.permutation(np.flatnonzero(digits == digit))
        part = drawn[:IN_SOURCE] if source else drawn[IN_SOURCE:]
        names = [split for split, count in counts.items() for _ in range(count)]
        names += ["test"] * (len(part) - len(names))
        splits |= zip(generator.permutation(part).tolist(), names, strict=True)
    return splits
