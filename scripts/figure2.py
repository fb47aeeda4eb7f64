"""Figure 2: sample images of each dataset, as training reads them."""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from transfer.command_line import run
from transfer.data.store import PreparedDataset, find_any_store, open_dataset
from transfer.drawing.style import add_notes, save_figure, use_style

COLUMNS = 6


def sample_rows(dataset: PreparedDataset, count: int, seed: int) -> list[int]:
    """Training images of as many different classes as there are, drawn with a seed.

    One image of each class in a shuffled order of classes, then further ones, until `count`.
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="folders of prepared datasets"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw")
    parser.add_argument("--output", type=Path, required=True, help="figure2.svg; .pdf, .png beside")
    args = parser.parse_args()
    use_style()
    figure, grid = plt.subplots(
        len(args.data),
        COLUMNS,
        figsize=(7.2, 1.42 * len(args.data) + 0.3),
        squeeze=False,
        layout="constrained",
    )
    for axes, folder in zip(grid, args.data, strict=True):
        dataset = open_dataset(folder, find_any_store(folder))
        rows = sample_rows(dataset, COLUMNS, args.seed)
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
    add_notes(figure, [f"Training images, drawn over the classes with seed {args.seed}."])
    save_figure(figure, args.output)


if __name__ == "__main__":
    run(main)
