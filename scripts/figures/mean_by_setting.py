"""Mean over models of some parts on each dataset, beside the best results published before.

Bars are means over models on logits with a standard error, points single models; a panel for each
dataset, on the logit scale.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from transfer.drawing.axes import label_axis, to_axis
from transfer.drawing.panels import panel_grid
from transfer.drawing.points import Point, named, of_family, value_words
from transfer.drawing.style import (
    BLACK,
    BLUE,
    GREEN,
    PURPLE,
    VERMILION,
    Drawing,
    add_notes,
)
from transfer.metrics import METRICS
from transfer.results.table import (
    POINTS_PRINTED,
    StudyResults,
    complete_values,
    part_notes,
)
from transfer.statistics.morey import mean_accuracy

READS = ("results", "printed")
OPTIONS = {
    "parts": {
        "type": "array",
        "items": {"type": "string", "format": "part"},
        "minItems": 1,
        "maxItems": 4,
        "uniqueItems": True,
        "default": ["main"],
    },
    # Label of a part, where its name is not one.
    "titles": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
    # Columns of the printed table, percent by dataset: a line across the panel, and a star.
    "line": {"type": ["string", "null"], "default": None},
    "star": {"type": ["string", "null"], "default": None},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
}
COLORS = (GREEN, BLUE, VERMILION, PURPLE)


def draw(
    results: StudyResults,
    printed: pd.DataFrame | None,
    *,
    parts: list[str],
    titles: dict[str, str],
    line: str | None,
    star: str | None,
    labels: dict[str, str],
) -> Drawing:
    values = {part: complete_values(results, part) for part in parts}
    words = {part: titles.get(part, part.replace("_", " ")) for part in parts}
    words |= {one: labels.get(one, one.replace("_", " ")) for one in (line, star) if one}
    figure, axes = panel_grid(len(values[parts[0]].columns))
    figure.set_figheight(figure.get_figheight() - 0.5)
    beside = (
        pd.DataFrame(index=values[parts[0]].columns, columns=[one for one in (line, star) if one])
        if printed is None
        else printed.set_index("dataset").replace("", None)
    )
    for ax, dataset in zip(axes, values[parts[0]].columns, strict=True):
        marks = {
            one: float(beside.loc[dataset, one]) / 100
            for one in (line, star)
            if one and pd.notna(beside.loc[dataset, one])
        }
        draw_panel(ax, results, dataset, values, words, marks, line)
    handles = [
        Line2D(
            [], [], marker="s", ls="", color=color, label=words[part], gid=of_family(words[part])
        )
        for part, color in zip(parts, COLORS, strict=False)
    ]
    if line:
        handles.append(Line2D([], [], color=BLACK, label=words[line], gid=of_family(words[line])))
    if star:
        handles.append(
            Line2D(
                [],
                [],
                marker="*",
                ls="",
                markersize=9,
                color=BLACK,
                label=words[star],
                gid=of_family(words[star]),
            )
        )
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    notes = part_notes(results, parts[0], POINTS_PRINTED)
    if printed is not None and set(printed.get("kind", [])) == {"read"}:
        reach = printed["precision"].astype(float).max()
        notes.append(f"Lines and stars are read off to {reach:g} points.")
    add_notes(figure, notes)
    caption = (
        "Mean over models on logits, with one standard error, and every single model; the vertical "
        "axes are logit-scaled and start at different values."
    )
    return Drawing(figure, " ".join([caption, *notes]))


def draw_panel(
    ax: Axes,
    results: StudyResults,
    dataset: str,
    values: dict[str, pd.DataFrame],
    words: dict[str, str],
    marks: dict[str, float],
    line: str | None,
) -> None:
    """One dataset: a bar, its error and its models for each part; `marks` are fractions."""
    described = results.datasets[dataset]
    title = described.short_name
    everything = np.concatenate([*(table[dataset] for table in values.values()), [*marks.values()]])
    heights = to_axis(everything, "logit")
    margin = 0.1 * float(np.ptp(heights)) or 0.1
    bottom = float(heights.min() - 2 * margin)
    ax.set_ylim(bottom, float(heights.max() + margin))
    label_axis(ax, "y", "logit", percent=METRICS[described.metric].percent)
    for place, ((part, table), color) in enumerate(zip(values.items(), COLORS, strict=False)):
        metric = results.study.parts[part].metric(described)
        bar = mean_accuracy(table[[dataset]].to_numpy())
        mean, low, high = (float(to_axis(value[0], "logit")) for value in bar)
        of: dict[str, Any] = {"color": color, "gid": of_family(words[part])}
        ax.bar(place, mean - bottom, bottom=bottom, width=0.8, alpha=0.3, **of)
        spread = Point(
            "Mean",
            value_words(metric, *(float(value[0]) for value in bar)),
            words[part],
            title,
        )
        ax.plot([place], [mean], "_", color=color, markersize=17, gid=named([spread]))
        ax.vlines(place, low, high, linewidth=2.5, **of)
        points = [
            Point(str(name), value_words(metric, value), words[part], title)
            for name, value in zip(
                results.models.loc[table.index, "name"], table[dataset], strict=True
            )
        ]
        across = place + np.linspace(-0.3, 0.3, len(table))
        ax.plot(
            across,
            to_axis(table[dataset], "logit"),
            "o",
            color=color,
            markersize=2.6,
            markeredgecolor="white",
            markeredgewidth=0.3,
            gid=named(points),
        )
    for one, value in marks.items():
        height = float(to_axis(value, "logit"))
        text = value_words(described.metric, value)
        if one == line:
            span = [-0.5, len(values) - 0.5]
            ax.plot(span, [height, height], color=BLACK, linewidth=1, gid=of_family(words[one]))
        else:
            point = Point(words[one], text, words[one], title)
            middle = (len(values) - 1) / 2
            ax.plot([middle], [height], "*", color=BLACK, markersize=7, gid=named([point]))
    ax.set_xlim(-0.6, len(values) - 0.4)
    ax.set_xticks([])
    ax.set_ylabel(METRICS[described.metric].axis_label)
    ax.set_title(title, loc="left")
