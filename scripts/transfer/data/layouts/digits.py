"""Four tasks from scikit-learn's 1,797 handwritten digits of 8 x 8 pixels, one for each metric."""

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


def labels_of(digit: int, task: str) -> tuple[int, ...]:
    """The class numbers of a digit in one of the tasks."""
    if task == "classes":
        return (digit,)
    if task == "rare":
        return (int(digit == RARE),)
    if task == "grades":
        return (GRADES[digit],)
    return tuple(i for i, having in enumerate(ATTRIBUTES.values()) if digit in having)


CLASSES = {
    "classes": tuple(str(digit) for digit in range(10)),
    "rare": (f"not {RARE}", str(RARE)),
    "grades": ("0", "1 to 2", "3 to 5", "6 to 8", "9"),
    "multilabel": tuple(ATTRIBUTES),
}


def read(folder: Path, scratch: Path, *, task: str) -> Listing:
    """All digits as grey images, 0 to 255; `task` is classes, rare, grades or multilabel.

    `classes`: which digit. `rare`: is it an eight, the rarest digit. `grades`: five ordered
    groups of digits. `multilabel`: five attributes, any number true (of the digit 1, none).
    """
    digits = load_digits()
    # The source counts dark pixels in blocks of 16: 0 to 16.
    grey = np.round(digits.images * (255 / 16)).astype(np.uint8)
    names = [f"digit_{row:04d}" for row in range(len(grey))]
    images = save(grey, scratch / "digits.npy", names)
    samples = tuple(
        Sample(id=image.name, labels=labels_of(int(digit), task), image=image)
        for image, digit in zip(images, digits.target, strict=True)
    )
    return Listing(samples, CLASSES[task])
