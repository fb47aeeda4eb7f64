"""Reproduced against published values, a panel per dataset, with the line of equal values."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from transfer.data.dataset import Dataset
from transfer.drawing.axes import label_axis
from transfer.drawing.panels import finish, panel_grid, styles_of
from transfer.drawing.points import of_family, value_words
from transfer.drawing.style import BLACK, GREY, Drawing, ModelStyle, draw_model
from transfer.metrics import METRICS
from transfer.papers.reproduced import APART, apart_words, reproduced_values
from transfer.results.table import StudyResults, part_notes

READS = ("results", "intervals", "printed")
OPTIONS = {"part": {"type": "string", "format": "part", "default": "main"}}


def draw_pairs(
    ax: Axes, rows: pd.DataFrame, styles: dict[str, ModelStyle], dataset: Dataset
) -> None:
    """Mark each model at its published and reproduced value, within equal limits on both axes."""
    if rows.empty:
        ax.set_xticks([])
        ax.set_yticks([])
        return
    ends = rows[["published", "reproduced", "lower", "upper"]].to_numpy(dtype=float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.05 * (high - low) or 0.01
    limits = (low - margin, high + margin)
    ax.plot(limits, limits, "--", color=BLACK, linewidth=0.9, zorder=1)
    bars = rows.dropna(subset=["lower", "upper"])
    families = of_family(*(styles[model].family for model in bars["model"]))
    look: dict[str, Any] = {"color": GREY, "linewidth": 0.9, "zorder": 2}
    if len(bars):
        ax.vlines(bars["published"], bars["lower"], bars["upper"], gid=families, **look)
    metric = dataset.metric
    for row in rows.itertuples():
        value = value_words(metric, row.reproduced, row.lower, row.upper)
        value += f"; published {value_words(metric, row.published)}"
        draw_model(ax, row.published, row.reproduced, styles[row.model], value, dataset.short_name)
    ax.set_xlim(limits)
    ax.set_ylim(limits)
    for which in ("x", "y"):
        label_axis(ax, which, "linear", percent=METRICS[metric].percent)


def draw(
    results: StudyResults, intervals: pd.DataFrame, printed: pd.DataFrame | None, *, part: str
) -> Drawing:
    values = reproduced_values(results, intervals, printed, part)
    datasets = results.study.parts[part].datasets
    figure, axes = panel_grid(len(datasets))
    for ax, name in zip(axes, datasets, strict=True):
        described = results.datasets[name]
        metric = METRICS[described.metric]
        rows = values[values["dataset"] == name]
        draw_pairs(ax, rows, styles_of(results, part), described)
        ax.set_title(described.short_name, loc="left")
        words = apart_words(rows, metric.percent)
        # Below the line of equal values the corner is empty.
        ax.text(
            0.99,
            0.02,
            words,
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=6.5,
            color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.6},
        )
        ax.set_xlabel("Published (%)" if metric.percent else "Published")
        ax.set_ylabel("Reproduced (%)" if metric.percent else "Reproduced")
    equal = Line2D([], [], color=BLACK, linestyle="--", linewidth=0.9, label="equal values")
    methods = sorted(set(values["method"].dropna()))
    notes = [f"Bars: {'; '.join(methods)}.", APART] if methods else []
    finish(figure, results, [equal], notes, part)
    caption = "Each value trained here against the one that the paper prints."
    return Drawing(figure, " ".join([caption, *notes, *part_notes(results, part)]))
