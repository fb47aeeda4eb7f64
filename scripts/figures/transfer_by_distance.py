"""How closely datasets of several papers follow ImageNet top-1, by their distance to ImageNet.

One point per dataset and panel: the correlation of its metric with ImageNet top-1 over the models
above a threshold, and the slope, each with its interval.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from transfer.data.dataset import Dataset
from transfer.drawing.labels import label_points
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREEN, GREY, PURPLE, VERMILION, Drawing
from transfer.papers.joint import (
    MEASURES,
    JointResults,
    cited,
    fits_by_dataset,
    trends_by_distance,
)

READS = ("joint", "datasets")
# Of the papers in their order, again from the first where there are more.
MARKS = ((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"))
AXES = {"correlation": "Correlation with ImageNet top-1", "slope": "Slope on ImageNet top-1"}
WIDTH, HEIGHT = 3.4, 7.0


def draw(joint: JointResults, datasets: dict[str, Dataset]) -> Drawing:
    fits = fits_by_dataset(joint)
    trends = trends_by_distance(joint, fits).set_index("over")
    marks = {paper: MARKS[place % len(MARKS)] for place, paper in enumerate(joint.papers)}
    # No layout that moves the panels later: names are placed by what they would cover.
    figure, axes = plt.subplots(
        2,
        1,
        figsize=(WIDTH, HEIGHT),
        sharex=True,
        gridspec_kw={"left": 0.19, "right": 0.985, "top": 0.92, "bottom": 0.065, "hspace": 0.1},
    )
    margin = 0.06 * float(np.ptp(fits["fid"]))
    axes[0].set_xlim(fits["fid"].min() - margin, fits["fid"].max() + margin)
    for ax, measure in zip(axes, MEASURES, strict=True):
        draw_panel(ax, fits, measure, joint, datasets, marks)
        rho, p = trends.loc["within", [f"{measure}_rho", f"{measure}_p"]]
        ax.set_title(
            f"within papers: rho {rho:.2f}, p {p:.2f}".replace("-", "−"),
            loc="right",
            fontsize=7,
            fontweight="normal",
            color=GREY,
        )
    axes[-1].set_xlabel("Fréchet inception distance to ImageNet")
    handles = [
        Line2D([], [], color=color, marker=marker, ls="", label=name, gid=of_family(name))
        for paper, (color, marker) in marks.items()
        if (name := cited(joint.papers[paper]))
    ]
    figure.legend(handles=handles, loc="upper center", ncols=len(handles), frameon=False)
    return Drawing(figure, caption(joint, trends))


def draw_panel(
    ax: Axes,
    fits: pd.DataFrame,
    measure: str,
    joint: JointResults,
    datasets: dict[str, Dataset],
    marks: dict[str, tuple[str, str]],
) -> None:
    """The points of one measure with their intervals and names."""
    low, high = fits[f"{measure}_lower"], fits[f"{measure}_upper"]
    margin = 0.06 * float(high.max() - low.min())
    ax.set_ylim(low.min() - margin, high.max() + margin)
    ax.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
    for paper, (color, marker) in marks.items():
        own = fits[fits["paper"] == paper]
        family = cited(joint.papers[paper])
        points = [
            Point(
                datasets[row.dataset].short_name,
                f"{value:.2f} ({lower:.2f} to {upper:.2f}), distance {row.fid:.0f}",
                family,
                measure,
            )
            for row, value, lower, upper in zip(
                own.itertuples(),
                own[measure],
                own[f"{measure}_lower"],
                own[f"{measure}_upper"],
                strict=True,
            )
        ]
        ax.vlines(
            own["fid"],
            own[f"{measure}_lower"],
            own[f"{measure}_upper"],
            color=color,
            alpha=0.35,
            linewidth=1,
            gid=of_family(*[family] * len(own)),
        )
        ax.plot(own["fid"], own[measure], marker, color=color, markersize=4, gid=named(points))
    ax.set_ylabel(AXES[measure], labelpad=2)
    label_points(
        ax,
        fits["fid"].to_numpy(),
        fits[measure].to_numpy(),
        [datasets[name].short_name for name in fits["dataset"]],
        [marks[paper][0] for paper in fits["paper"]],
        (low.to_numpy(), high.to_numpy()),
        fontsize=6.2,
        marker=5.0,
    )


def caption(joint: JointResults, trends: pd.DataFrame) -> str:
    """What is drawn, and what the ranks say of it."""
    level, threshold = joint.study.intervals["level"], joint.study.threshold
    counted = " and ".join(
        f"{trends.loc[name, 'datasets']} of {cited(paper)}" for name, paper in joint.papers.items()
    )
    return (
        f"{trends.loc['all', 'datasets']} datasets, {counted}: Pearson's correlation of each "
        f"dataset's metric with ImageNet top-1 and least-squares slope, of fractions, over the "
        f"models above {threshold:g} %, with {level * 100:g} % intervals, against the distance to "
        f"ImageNet that {cited(joint.papers[joint.study.distances])} print. Ranks are compared "
        "within each paper, since each has its own models and its own fine-tuning; p is of a "
        f"permutation test ({joint.study.intervals['samples']:,} permutations, seed "
        f"{joint.study.intervals['seed']})."
    )
