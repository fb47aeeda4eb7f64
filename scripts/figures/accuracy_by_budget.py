"""Accuracy on each dataset by number of training steps or images, one curve per setting.

Accuracies have a logit axis, budgets a base-2 logarithmic one. With `threshold`, a ring marks the
first point of each curve that reaches this fraction of its best odds.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from transfer.data.dataset import Dataset
from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.panels import panel_grid
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREEN, VERMILION, Drawing, add_notes
from transfer.metrics import METRICS
from transfer.statistics.convergence import steps_to_threshold

READS = ("printed", "datasets")
OPTIONS = {
    # The column of the printed table that is the horizontal axis.
    "budget": {"enum": ["steps", "examples_per_class"], "default": "steps"},
    "threshold": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "default": None},
}
SETTINGS = {
    "logistic_regression": ("logistic regression", GREEN, "s"),
    "fine_tuned": ("fine-tuned", BLUE, "o"),
    "random_initialization": ("random initialization", VERMILION, "v"),
}
BUDGETS = {"steps": "Training steps", "examples_per_class": "Images per class"}


def draw(
    printed: pd.DataFrame, datasets: dict[str, Dataset], *, budget: str, threshold: float | None
) -> Drawing:
    numbers = printed.astype({budget: float, "accuracy": float, "precision": float})
    names = list(dict.fromkeys(numbers["dataset"]))
    figure, axes = panel_grid(len(names))
    for ax, name in zip(axes, names, strict=True):
        rows = numbers[numbers["dataset"] == name]
        draw_panel(ax, rows, datasets[name], budget, threshold)
    settings = [one for one in SETTINGS if one in set(numbers["setting"])]
    handles = [
        Line2D([], [], color=color, marker=marker, markersize=4, label=label, gid=of_family(label))
        for label, color, marker in (SETTINGS[one] for one in settings)
    ]
    if threshold is not None:
        label = f"first at {threshold:g} of the best odds"
        handles.append(
            Line2D(
                [],
                [],
                color="black",
                marker="o",
                markersize=8,
                fillstyle="none",
                ls="",
                label=label,
            )
        )
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    notes = []
    if set(printed.get("kind", [])) == {"read"}:
        notes.append(
            f"Values read off the paper's figure, exact to {numbers['precision'].max():g} points."
        )
    add_notes(figure, notes)
    words = f"Accuracy by {BUDGETS[budget].lower()}, on the logit scale"
    return Drawing(figure, " ".join([f"{words}.", *notes]))


def draw_panel(
    ax: Axes, rows: pd.DataFrame, dataset: Dataset, budget: str, threshold: float | None
) -> None:
    """One dataset's curves; `rows` has the accuracy in percent."""
    fractions = rows["accuracy"] / 100
    heights = to_axis(fractions, "logit")
    margin = 0.07 * float(np.ptp(heights)) or 0.01
    ax.set_ylim(heights.min() - margin, heights.max() + margin)
    label_axis(ax, "y", "logit", percent=True)
    unit = BUDGETS[budget].lower().replace("training ", "")
    for setting, (label, color, marker) in SETTINGS.items():
        curve = rows[rows["setting"] == setting].sort_values(budget)
        if curve.empty:
            continue
        x, y = curve[budget].to_numpy(), curve["accuracy"].to_numpy() / 100
        points = [
            Point(label, f"{value:g} % at {at:,.0f} {unit}", label, dataset.short_name)
            for at, value in zip(x, curve["accuracy"], strict=True)
        ]
        look: dict[str, Any] = {"color": color, "marker": marker, "linewidth": 1.2}
        ax.plot(x, to_axis(y, "logit"), markersize=3.5, gid=named(points), **look)
        if threshold is not None:
            reached = steps_to_threshold(x, y, threshold)
            height = to_axis(y[x == reached], "logit")
            ring: dict[str, Any] = {"color": "black", "markersize": 8, "fillstyle": "none"}
            ax.plot([reached], height, "o", gid=of_family(label), **ring)
    ax.set_xscale("log", base=2)
    ticks = np.unique(rows[budget])
    ax.xaxis.set_major_locator(FixedLocator(ticks[:: max(1, -(-len(ticks) // 4))].tolist()))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel(BUDGETS[budget])
    ax.set_ylabel(METRICS[dataset.metric].axis_label)
    ax.set_title(dataset.short_name, loc="left")
