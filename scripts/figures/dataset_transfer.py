"""Each dataset's metric against ImageNet top-1 on logit axes, with the models that a paper marks.

The line is least squares on logits with a bootstrap band. Green are the models that the paper marks
as not significantly below the best one of the panel, by a test that needs predictions.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from transfer.drawing.panels import Panel, annotate, panel_value, transfer_panels
from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREEN, GREY, Drawing, add_notes
from transfer.errors import UserError
from transfer.results.table import POINTS_PRINTED, StudyResults, part_notes
from transfer.statistics.correlation import linear_fit
from transfer.statistics.intervals import bootstrap_line

READS = ("results", "printed")
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    # The rows of the printed table that hold the part's marks, by their column `setting`.
    "setting": {"type": "string", "default": "fine_tuned"},
}
TIED, OTHERS, LINE = "marked as tied with the best", "others", "line on logits"


def draw(
    results: StudyResults, printed: pd.DataFrame | None, *, part: str, setting: str
) -> Drawing:
    if printed is None or not (printed["setting"] == setting).any():
        raise UserError(f"dataset_transfer: no rows of setting {setting} in the printed table")
    marks = printed[printed["setting"] == setting].set_index(["dataset", "model"])["tied_with_best"]
    figure, panels = transfer_panels(results, "logit", part)
    for panel in panels:
        draw_panel(panel, marks.loc[panel.dataset] == "true", results)
    handles = [
        Line2D([], [], marker="o", ls="", color=GREEN, label=TIED, gid=of_family(TIED)),
        Line2D([], [], marker="o", ls="", color=GREY, label=OTHERS, gid=of_family(OTHERS)),
        Line2D([], [], color=BLUE, label=LINE, gid=of_family(LINE)),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    notes = part_notes(results, part, POINTS_PRINTED)
    add_notes(figure, notes)
    bands = results.study.intervals
    caption = (
        "Each dataset's metric against ImageNet top-1, both axes logit-scaled. r is Pearson's on "
        f"logits; the band is a {bands['level'] * 100:g} % bootstrap interval over models "
        f"({bands['samples']} resamples, seed {bands['seed']}). Green as the paper marks them."
    )
    return Drawing(figure, " ".join([caption, *notes]))


def draw_panel(panel: Panel, tied: pd.Series, results: StudyResults) -> None:
    """Points, line and band of one dataset; `tied` says of each model whether it is marked."""
    x, y = panel.at
    grid = np.linspace(x.min(), x.max(), 60)
    fit = linear_fit(x, y)
    band = bootstrap_line(x, y, grid, **results.study.intervals)
    line: dict[str, Any] = {"color": BLUE, "gid": of_family(LINE)}
    panel.ax.fill_between(grid, band.lower, band.upper, alpha=0.16, linewidth=0, **line)
    panel.ax.plot(grid, fit.intercept + fit.slope * grid, linewidth=1.4, **line)
    annotate(panel, f"r {fit.correlation:.2f}")
    marked = tied.reindex(panel.x.index).fillna(False).to_numpy(dtype=bool)
    names = results.models.loc[panel.x.index, "name"]
    for chosen, color, family in ((~marked, GREY, OTHERS), (marked, GREEN, TIED)):
        points = [
            Point(name, panel_value(panel, top1, value), family, panel.title)
            for name, top1, value in zip(
                names[chosen], panel.x[chosen], panel.y[chosen], strict=True
            )
        ]
        if points:
            panel.ax.plot(
                x[chosen],
                y[chosen],
                "o",
                color=color,
                markersize=4,
                clip_on=False,
                gid=named(points),
            )
