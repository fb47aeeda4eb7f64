"""One part of a study against another, a point for each model and dataset, on logit axes."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.points import Point, named, of_family, value_words
from transfer.drawing.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Drawing,
    add_notes,
)
from transfer.results.table import POINTS_PRINTED, StudyResults, part_notes, part_values

READS = ("results",)
OPTIONS = {
    # The part on the horizontal axis, and the one on the vertical.
    "first": {"type": "string", "format": "part", "default": "main"},
    "second": {"type": "string", "format": "part", "default": "main"},
    # Label of a part, where its name is not one.
    "titles": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
}
LOOKS = (
    *((BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"), (BLACK, "v"), (ORANGE, "P")),
    *((SKY, "X"), (GREY, "p"), (VERMILION, "<"), (BLUE, ">"), (PURPLE, "h"), (GREEN, "d")),
)


def draw(results: StudyResults, *, first: str, second: str, titles: dict[str, str]) -> Drawing:
    x, y = part_values(results, first), part_values(results, second)
    datasets = [name for name in y.columns if name in x.columns]
    models = [name for name in y.index if name in x.index]
    x, y = x.loc[models, datasets], y.loc[models, datasets]
    words = {part: titles.get(part, part.replace("_", " ")) for part in (first, second)}
    figure, ax = plt.subplots(figsize=(6.2, 4.6), layout="constrained")
    both = to_axis(np.concatenate([x.to_numpy().ravel(), y.to_numpy().ravel()]), "logit")
    both = both[~np.isnan(both)]
    margin = 0.04 * float(np.ptp(both))
    limits = (float(both.min() - margin), float(both.max() + margin))
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    ax.plot(limits, limits, color=GREY, linewidth=1)
    for which in ("x", "y"):
        label_axis(ax, which, "logit", percent=True)
    handles = []
    for place, dataset in enumerate(datasets):
        color, marker = LOOKS[place % len(LOOKS)]
        described = results.datasets[dataset]
        name = described.short_name
        there = x[dataset].notna() & y[dataset].notna()
        points = [
            Point(
                str(results.models.loc[model, "name"]),
                f"{words[second]}: "
                + value_words(results.study.parts[second].metric(described), y.loc[model, dataset])
                + f"; {words[first]}: {x.loc[model, dataset] * 100:.2f} %",
                name,
                name,
            )
            for model in y.index[there]
        ]
        look: dict[str, Any] = {
            "color": color,
            "marker": marker,
            "linestyle": "",
            "markersize": 4.2,
        }
        across, up = to_axis(x[dataset][there], "logit"), to_axis(y[dataset][there], "logit")
        ax.plot(across, up, alpha=0.85, gid=named(points), **look)
        handles.append(Line2D([], [], label=name, gid=of_family(name), **look))
    ax.set_xlabel(f"{words[first]} (%)")
    ax.set_ylabel(f"{words[second]} (%)")
    figure.legend(handles=handles, loc="outside right center", frameon=False)
    ahead, pairs = int((y > x).to_numpy().sum()), int((y.notna() & x.notna()).to_numpy().sum())
    notes = part_notes(results, second, POINTS_PRINTED)
    add_notes(figure, notes)
    caption = (
        f"Each point is a model on a dataset, axes logit-scaled; above the line {words[second]} is "
        f"ahead: {ahead} of {pairs} pairs."
    )
    return Drawing(figure, " ".join([caption, *notes]))
