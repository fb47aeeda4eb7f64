"""Mean transfer over datasets, in log odds, against ImageNet top-1, one panel for each part.

The line is least squares on logits with a bootstrap band. Error bars leave out how hard each
dataset is; green marks are models not significantly below the best one of the panel (t-test paired
over datasets).
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from transfer.drawing.axes import label_axis
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREEN, GREY, Drawing, add_notes
from transfer.results.table import (
    StudyResults,
    bound_notes,
    complete_values,
    imagenet_top1,
    logit_bound,
    part_notes,
)
from transfer.statistics.correlation import linear_fit
from transfer.statistics.intervals import bootstrap_line
from transfer.statistics.morey import standard_errors
from transfer.statistics.paired import tied_with_best
from transfer.statistics.transforms import logit
from transfer.study.study import Intervals

READS = ("results",)
OPTIONS = {
    "parts": {"format": "parts", "default": ["main"]},
    # Title of a panel, where the name of its part is not one.
    "titles": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    "correction": {"enum": ["morey", "printed", "none"], "default": "morey"},
    "ddof": {"enum": [0, 1], "default": 0},
    # Two-sided p above which a model is tied with the best.
    "alpha": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.05},
}
FEWEST_DATASETS = 2
TIED, OTHERS = "tied with the best", "others"


def draw(
    results: StudyResults,
    *,
    parts: list[str],
    titles: dict[str, str],
    correction: str,
    ddof: int,
    alpha: float,
) -> Drawing:
    figure, axes = plt.subplots(
        1,
        len(parts),
        figsize=(0.4 + 2.75 * len(parts), 2.9),
        squeeze=False,
        layout="constrained",
    )
    bounds = 0.0
    for ax, part in zip(axes.flat, parts, strict=True):
        values = complete_values(results, part)
        bound = logit_bound(results, values)
        bounds = max(bounds, bound)
        x = logit(imagenet_top1(results, part)[values.index].to_numpy())
        log_odds = logit(values.to_numpy(), bound)
        error = standard_errors(log_odds, correction, ddof)  # type: ignore[arg-type]
        tied = tied_with_best(log_odds, alpha).tied
        title = titles.get(part, part.replace("_", " "))
        means = log_odds.mean(axis=1)
        points = [
            Point(name, f"Mean log odds {mean:.3f} ± {one:.3f}", TIED if flag else OTHERS, title)
            for name, mean, one, flag in zip(
                results.models.loc[values.index, "name"], means, error, tied, strict=True
            )
        ]
        draw_panel(ax, x, means, error, tied, results.study.intervals, points)
        ax.set_title(title, loc="left")
    axes.flat[0].set_ylabel("Mean log odds over datasets")
    handles = [
        Line2D([], [], marker="o", ls="", color=color, label=label, gid=of_family(family))
        for family, color, label in (
            (TIED, GREEN, f"{TIED} (p > {alpha:g})"),
            (OTHERS, GREY, OTHERS),
        )
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
    notes = [*part_notes(results, parts[0]), *bound_notes(bounds)]
    add_notes(figure, notes)
    bands = results.study.intervals
    caption = (
        "Mean over datasets of the logit-transformed metric against ImageNet top-1. Error bars "
        "are one standard error of the adjusted log odds "
        f"(correction {correction}, ddof {ddof}); the band is a {bands['level'] * 100:g} % "
        f"bootstrap interval over models ({bands['samples']} resamples, seed {bands['seed']})."
    )
    return Drawing(figure, " ".join([caption, *notes]))


def draw_panel(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    error: np.ndarray,
    tied: np.ndarray,
    intervals: Intervals,
    points: list[Point],
) -> None:
    """Points with error bars, line and band; all arrays `(models,)`, `x` and `y` in log odds.

    `points` says what each model's point is.
    """
    grid = np.linspace(x.min(), x.max(), 60)
    fit = linear_fit(x, y)
    band = bootstrap_line(x, y, grid, **intervals)
    ax.fill_between(grid, band.lower, band.upper, color=BLUE, alpha=0.16, linewidth=0)
    ax.plot(grid, fit.intercept + fit.slope * grid, color=BLUE, linewidth=1.4)
    for chosen, color, family in ((~tied, GREY, OTHERS), (tied, GREEN, TIED)):
        if not chosen.any():
            continue
        drawn = ax.errorbar(
            x[chosen],
            y[chosen],
            error[chosen],
            fmt="o",
            color=color,
            markersize=4,
            elinewidth=1,
            clip_on=False,
            gid=named([point for point, flag in zip(points, chosen, strict=True) if flag]),
        )
        for bars in drawn.lines[2]:
            bars.set_gid(of_family(family))
    margin = 0.07 * float(np.ptp(x))
    ax.set_xlim(x.min() - margin, x.max() + margin)
    label_axis(ax, "x", "logit", percent=True)
    ax.set_xlabel("ImageNet top-1 (%)")
    ax.set_title(f"r {fit.correlation:.2f}", loc="right", fontsize=6.5, fontweight="normal")
