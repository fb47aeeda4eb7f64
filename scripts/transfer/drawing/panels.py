"""One panel per dataset: a metric against ImageNet top-1, with every model and fitted lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.points import of_family, value_words
from transfer.drawing.style import (
    BLUE,
    GREY,
    ModelStyle,
    draw_model,
    model_handle,
    model_styles,
    wrap_notes,
)
from transfer.metrics import METRICS
from transfer.results.table import (
    POINTS_PRINTED,
    StudyResults,
    above_threshold,
    imagenet_top1,
    part_notes,
    part_values,
)
from transfer.statistics.correlation import linear_fit
from transfer.statistics.correlation_intervals import FEWEST_POINTS, pearson
from transfer.statistics.intervals import bootstrap_line
from transfer.study.study import Intervals

# Inches that the longest name of a model takes, and a line of a legend; a figure has room for
# so many lines.
LEGEND_COLUMN, LEGEND_LINE, LEGEND_LINES = 1.45, 0.17, 5

# What the lines are called in the SVG, by the models that they go through.
SUBSETS = {"all": "all models", "better": "better models"}


@dataclass(frozen=True)
class Panel:
    """What one dataset's panel shows; `x` and `y` are fractions, one per model.

    `predictor` is what `x` is, for the axis.
    """

    ax: Axes
    dataset: str
    metric: str
    title: str
    x: pd.Series
    y: pd.Series
    better: pd.Series
    kind: str
    predictor: str

    @property
    def at(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the models on the panel's axes."""
        return to_axis(self.x, self.kind), to_axis(self.y, self.kind)


def panel_grid(count: int) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels, at most three in a row, and room for a legend below."""
    columns = min(3, count) if count != 4 else 2
    rows = -(-count // columns)
    width = {1: 4.4, 2: 6.6}.get(columns, 2.45 * columns)
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(width, (2.25 if columns > 1 else 2.6) * rows + 1.35),
        squeeze=False,
        layout="constrained",
    )
    axes = list(grid.flat)
    for spare in axes[count:]:
        spare.remove()
    return figure, axes[:count]


def transfer_panels(
    results: StudyResults, kind: str, part: str = "main"
) -> tuple[Figure, list[Panel]]:
    """The panels of a part of a study, empty but for their limits, ticks and titles."""
    columns = [
        (name, results.study.parts[part].metric(described), described.short_name, values)
        for name, values in part_values(results, part).items()
        if (described := results.datasets[str(name)])
    ]
    return panels_of(results, kind, part, columns)


def panels_of(
    results: StudyResults,
    kind: str,
    part: str,
    columns: Sequence[tuple[Any, str, str, pd.Series]],
) -> tuple[Figure, list[Panel]]:
    """Like `transfer_panels`, of some values of a part's models.

    `columns` are dataset, metric, title and values as fractions by model, NaN where there is none.
    """
    top1 = imagenet_top1(results, part)
    figure, axes = panel_grid(len(columns))
    panels = []
    for ax, (dataset, metric, title, values) in zip(axes, columns, strict=True):
        there = values.notna()
        panel = Panel(
            ax,
            dataset,
            metric,
            title,
            top1[there],
            values[there],
            above_threshold(results, part)[there],
            kind,
            results.predictor.axis,
        )
        set_limits(panel, *panel.at)
        ax.set_title(panel.title, loc="left")
        panels.append(panel)
    for panel in panels:
        panel.ax.set_ylabel(METRICS[panel.metric].axis_label)
    return figure, panels


def set_limits(panel: Panel, x: np.ndarray, y: np.ndarray) -> None:
    """Set limits that contain all points with a margin, and ticks."""
    for which, positions in (("x", x), ("y", y)):
        if not len(positions):
            continue
        low, high = float(np.min(positions)), float(np.max(positions))
        margin = 0.07 * (high - low) or 0.01
        limits = (low - margin, high + margin)
        if which == "x":
            panel.ax.set_xlim(limits)
            label_axis(panel.ax, "x", panel.kind, percent=True)
            panel.ax.set_xlabel(f"{panel.predictor} (%)")
        else:
            panel.ax.set_ylim(limits)
            label_axis(panel.ax, "y", panel.kind, percent=METRICS[panel.metric].percent)


def subsets(panel: Panel) -> Iterator[tuple[str, str, Any, np.ndarray]]:
    """The two sets of models with a fitted line: name, colour, dash, and models."""
    everyone = np.ones(len(panel.x), dtype=bool)
    better = panel.better.to_numpy()
    if len(panel.x) < 3:
        return
    yield "all", GREY, "--", everyone
    if better.sum() >= 3 and not better.all():
        yield "better", BLUE, "-", better


def draw_lines(panel: Panel, intervals: Intervals, interval: bool = False) -> None:
    """Draw least-squares lines through all models and through the better ones, with their bands.

    The slope and correlation of the second are printed in the panel, computed on fractions as
    in Table 2, whatever the axes. With `interval` the correlation is that of all models, with its
    interval in place of the slope.
    """
    x, y = panel.at
    for name, color, dash, chosen in subsets(panel):
        grid = np.linspace(x[chosen].min(), x[chosen].max(), 60)
        fit = linear_fit(x[chosen], y[chosen])
        band = bootstrap_line(x[chosen], y[chosen], grid, **intervals)
        of = of_family(SUBSETS[name])
        panel.ax.fill_between(
            grid, band.lower, band.upper, color=color, alpha=0.16, linewidth=0, gid=of
        )
        panel.ax.plot(
            grid, fit.intercept + fit.slope * grid, dash, color=color, linewidth=1.4, gid=of
        )
    drawn = list(subsets(panel))
    if not drawn:
        annotate(panel, "too few models")
        return
    if interval and len(panel.x) >= FEWEST_POINTS:
        r = pearson(panel.x.to_numpy(), panel.y.to_numpy(), intervals["level"])
        annotate(panel, f"r {r.value:.2f} ({r.interval.lower:.2f} to {r.interval.upper:.2f})")
        return
    _, color, _, chosen = drawn[-1]
    fit = linear_fit(panel.x[chosen], panel.y[chosen])
    annotate(panel, f"r {fit.correlation:.2f}, slope {fit.slope:.2f}", color)


def annotate(panel: Panel, text: str, color: str = GREY) -> None:
    """Print a statistic to the right of the panel's title, where it covers no point."""
    panel.ax.set_title(text, loc="right", fontsize=6.5, fontweight="normal", color=color)


def draw_models(
    panel: Panel, styles: dict[str, ModelStyle], intervals: pd.DataFrame | None = None
) -> None:
    """Mark every model; each point says its value, with its interval where there is one."""
    bounds = own_intervals(panel, intervals)
    for model, x, y in zip(panel.x.index, *panel.at, strict=True):
        value = panel_value(panel, panel.x[model], panel.y[model], *bounds.loc[model])
        draw_model(panel.ax, x, y, styles[model], value, panel.title)


def own_intervals(panel: Panel, intervals: pd.DataFrame | None) -> pd.DataFrame:
    """`lower` and `upper` of a panel's models, in their order; NaN where there is no interval."""
    if intervals is None:
        return pd.DataFrame(np.nan, index=panel.x.index, columns=["lower", "upper"])
    own = intervals[intervals["dataset"] == panel.dataset].set_index("model")
    return own.reindex(panel.x.index)[["lower", "upper"]]


def panel_value(panel: Panel, x: float, y: float, *interval: float) -> str:
    """What a point of a panel says: the value, its interval if any, and the predictor."""
    return f"{value_words(panel.metric, y, *interval)}; {panel.predictor} {x * 100:.1f} %"


def line_handles(results: StudyResults, panel: Panel) -> list[Artist]:
    """Legend entries of the fitted lines."""
    names = {"all": "all models", "better": f"models above {results.study.threshold:g} %"}
    return [
        Line2D([], [], color=color, linestyle=dash, label=names[name], gid=of_family(SUBSETS[name]))
        for name, color, dash, _ in subsets(panel)
    ]


def lines_words(results: StudyResults, part: str = "main", interval: bool = False) -> str:
    """Describe the fitted lines and their bands in a caption."""
    study = results.study
    bands = study.intervals
    return (
        f"The dashed grey line goes through all {len(study.parts[part].models)} models, the blue "
        f"one through those above {study.threshold:g} % {results.predictor.axis}; bands are "
        f"{bands['level'] * 100:g} % bootstrap intervals over models ({bands['samples']} "
        f"resamples, seed {bands['seed']}). "
        + (
            f"r is Pearson's over all models, with Fisher's {bands['level'] * 100:g} % interval."
            if interval
            else "Correlation and slope of the blue line are computed on fractions."
        )
    )


def styles_of(results: StudyResults, part: str = "main") -> dict[str, ModelStyle]:
    """The style of each model of a part."""
    return model_styles(results.models.loc[list(results.study.parts[part].models)])


def finish(
    figure: Figure,
    results: StudyResults,
    handles: list[Artist],
    notes: Sequence[str] = (),
    part: str = "main",
) -> None:
    """Add the legend of a part's models and of lines, and notes on the values."""
    styles = styles_of(results, part)
    entries = [model_handle(str(results.models.loc[m, "name"]), styles[m]) for m in styles]
    columns = int(figure.get_figwidth() / LEGEND_COLUMN)
    lines = -(-(len(entries) + len(handles)) // columns)
    further = max(0, lines - LEGEND_LINES) * LEGEND_LINE
    figure.set_figheight(figure.get_figheight() + further)
    legend = figure.legend(
        title=wrap_notes(figure, [*part_notes(results, part, POINTS_PRINTED), *notes]),
        title_fontsize=7,
        handles=[*entries, *handles],
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        handletextpad=0.4,
        columnspacing=1.2,
    )
    legend.get_title().set_color(GREY)
