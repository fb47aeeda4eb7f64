"""Optional marks of a panel of models: intervals, a spline, numbered stars."""

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from scipy.interpolate import make_smoothing_spline

from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.panels import Panel, own_intervals, panel_value, set_limits
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREY, PURPLE, ModelStyle
from transfer.metrics import METRICS
from transfer.results.table import StudyResults, imagenet_top1, part_values

# SciPy needs five different positions to choose the smoothness of a spline.
FEWEST_OF_A_SPLINE = 5
# Large enough to contain a number.
STAR = 150
SPLINE = "smoothing spline"


def draw_intervals(panel: Panel, intervals: pd.DataFrame, styles: dict[str, ModelStyle]) -> None:
    """Draw the intervals of a panel and extend its limits; add a note if there are none.

    `intervals` has the columns of intervals.csv, and rows of one recipe.
    """
    if panel.x.empty:
        return
    own = own_intervals(panel, intervals)
    if own["lower"].isna().all():
        panel.ax.text(
            0.97,
            0.04,
            "no interval: needs predictions",
            transform=panel.ax.transAxes,
            ha="right",
            fontsize=6.5,
            color=GREY,
        )
        return
    there = own["lower"].notna().to_numpy()
    lower, upper = (to_axis(own.loc[there, end], panel.kind) for end in ("lower", "upper"))
    families = of_family(*(styles[model].family for model in panel.x.index[there]))
    x = panel.at[0][there]
    panel.ax.vlines(x, lower, upper, color=GREY, linewidth=0.9, zorder=2, gid=families)
    low, high = panel.ax.get_ylim()
    panel.ax.set_ylim(min(low, lower.min()), max(high, upper.max()))
    label_axis(panel.ax, "y", panel.kind, percent=METRICS[panel.metric].percent)


def draw_spline(panel: Panel) -> bool:
    """Draw a cubic smoothing spline with the smoothness chosen by generalized cross-validation.

    Models with the same ImageNet accuracy are averaged. Returns False if there are too few models
    for a spline.
    """
    x, where = np.unique(panel.at[0], return_inverse=True)
    if len(x) < FEWEST_OF_A_SPLINE:
        return False
    y = np.bincount(where, weights=panel.at[1]) / np.bincount(where)
    spline = make_smoothing_spline(x, y)
    grid = np.linspace(x[0], x[-1], 200)
    panel.ax.plot(grid, spline(grid), color=BLUE, linewidth=1.4, gid=of_family(SPLINE))
    return True


def draw_stars(panel: Panel, results: StudyResults, part: str) -> None:
    """Mark the models of another part by numbered stars, extending the panel to contain them.

    A model without a value keeps its number and is omitted; so is a dataset that the part lacks.
    """
    values = part_values(results, part)
    if panel.dataset not in values:
        return
    there = values[panel.dataset].notna().to_numpy()
    top1, own = imagenet_top1(results, part)[there], values.loc[there, panel.dataset]
    described = results.models.loc[own.index]
    x, y = to_axis(top1, panel.kind), to_axis(own, panel.kind)
    set_limits(panel, np.append(panel.at[0], x), np.append(panel.at[1], y))
    points = [
        Point(str(model["name"]), panel_value(panel, top1[key], own[key]), part, panel.title)
        for key, model in described.iterrows()
    ]
    for number, across, up, point in zip(np.flatnonzero(there) + 1, x, y, points, strict=True):
        panel.ax.scatter(
            across,
            up,
            s=STAR,
            marker="*",
            color=PURPLE,
            edgecolors="white",
            linewidths=0.6,
            zorder=5,
            gid=named([point]),
        )
        panel.ax.text(
            across,
            up,
            str(number),
            fontsize=5,
            fontweight="bold",
            color="white",
            ha="center",
            va="center_baseline",
            zorder=6,
            gid=of_family(part),
        )


def star_handles(results: StudyResults, part: str) -> list[Artist]:
    """Legend entries that identify the numbered models of another part."""
    names = results.models.loc[list(results.study.parts[part].models), "name"]
    return [
        Line2D(
            [],
            [],
            linestyle="",
            marker="*",
            markersize=10,
            color=PURPLE,
            label=f"{number} {name}",
            gid=of_family(part),
        )
        for number, name in enumerate(names, start=1)
    ]
