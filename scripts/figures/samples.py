"""Sample images of each dataset, as training reads them."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from transfer.data.store import PreparedDataset, find_any_store, open_dataset
from transfer.drawing.style import Drawing, add_notes

READS = ("prepared",)
OPTIONS = {
    "parts": {
        "type": "array",
        "items": {"type": "string", "format": "part"},
        "minItems": 1,
        "default": ["main"],
    },
    # Seed of the draw of images.
    "seed": {"type": "integer", "minimum": 0, "default": 0},
}
COLUMNS = 6


def sample_rows(dataset: PreparedDataset, count: int, seed: int) -> list[int]:
    """Draw training images from as many different classes as possible, with a seed.

    One image of each class in a shuffled order of classes, then more images, up to `count`.
    """
    generator = np.random.default_rng(seed)
    rows = generator.permutation(dataset.rows("train"))
    labels = dataset.labels[rows]
    first_label = labels.argmax(axis=1) if labels.ndim == 2 else labels
    _, first = np.unique(first_label, return_index=True)
    ordered = [*generator.permutation(first), *np.setdiff1d(np.arange(len(rows)), first)]
    return [int(rows[place]) for place in ordered[:count]]


def class_names(dataset: PreparedDataset, row: int) -> str:
    """The names of an image's classes, shortened to fit below it."""
    label = dataset.labels[row]
    classes = np.flatnonzero(label) if np.ndim(label) else [int(label)]
    names = ", ".join(dataset.classes[number] for number in classes)
    return names if len(names) <= 22 else names[:21] + "…"


def draw(prepared: list[Path], *, parts: list[str], seed: int) -> Drawing:
    figure, grid = plt.subplots(
        len(prepared),
        COLUMNS,
        figsize=(7.2, 1.42 * len(prepared) + 0.3),
        squeeze=False,
        layout="constrained",
    )
    for axes, folder in zip(grid, prepared, strict=True):
        dataset = open_dataset(folder, find_any_store(folder))
        rows = sample_rows(dataset, COLUMNS, seed)
        for ax in axes:
            ax.set_axis_off()
        for ax, row in zip(axes, rows, strict=False):
            ax.imshow(dataset.image(row))
            ax.set_title(class_names(dataset, row), fontsize=6, fontweight="normal", pad=2)
        axes[0].text(
            -0.12,
            0.5,
            dataset.summary["short_name"],
            transform=axes[0].transAxes,
            rotation=90,
            ha="right",
            va="center",
            fontsize=8,
            fontweight="bold",
        )
    add_notes(figure, [f"Training images, drawn over the classes with seed {seed}."])
    return Drawing(figure, "Sample images of each dataset, as training reads them.")
