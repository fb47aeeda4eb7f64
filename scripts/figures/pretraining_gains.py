"""Each model from random and from pre-trained weights, one panel per dataset."""

from typing import Any

from matplotlib.lines import Line2D

from transfer.drawing.panels import panel_grid
from transfer.drawing.points import Point, named, of_family, value_words
from transfer.drawing.style import BLUE, GREY, Drawing, add_notes
from transfer.metrics import METRICS
from transfer.results.gains import compared_parts
from transfer.results.table import StudyResults, imagenet_top1, part_notes, part_values

READS = ("results",)
OPTIONS = {
    "part": {"type": "string", "format": "part", "default": "main"},
    "random": {"type": "string", "format": "part", "default": "scratch"},
}
RANDOM, PRETRAINED = "from random weights", "from pre-trained weights"


def draw(results: StudyResults, *, part: str, random: str) -> Drawing:
    models = compared_parts(results, part, random)
    # From bottom to top: the model with the best predictor is at the top.
    models = list(imagenet_top1(results, part)[models].sort_values().index)
    pretrained, scratch = part_values(results, part), part_values(results, random)
    figure, axes = panel_grid(len(pretrained.columns))
    places = range(len(models))
    for number, (ax, dataset) in enumerate(zip(axes, pretrained.columns, strict=True)):
        name = results.study.parts[part].metric(results.datasets[dataset])
        metric = METRICS[name]
        scale = 100 if metric.percent else 1
        low, high = scratch.loc[models, dataset] * scale, pretrained.loc[models, dataset] * scale
        title = results.datasets[dataset].short_name
        ax.hlines(places, low, high, color=GREY, alpha=0.5, linewidth=1.4)
        hollow: dict[str, Any] = {"color": GREY, "fillstyle": "none"}
        filled: dict[str, Any] = {"color": BLUE}
        for family, values, look in ((RANDOM, low, hollow), (PRETRAINED, high, filled)):
            points = [
                Point(
                    str(results.models.loc[model, "name"]),
                    f"{value_words(name, value / scale)} {family}",
                    family,
                    title,
                )
                for model, value in values.dropna().items()
            ]
            ax.plot(values, places, "o", markersize=4.5, gid=named(points), **look)
        ax.set_title(title, loc="left")
        ax.set_xlabel(metric.axis_label)
        first_in_row = number % 2 == 0 if len(axes) == 4 else number % 3 == 0
        names = [str(results.models.loc[model, "name"]) for model in models]
        ax.set_yticks(places, names if first_in_row else [""] * len(models))
    handles = [
        Line2D(
            [],
            [],
            color=GREY,
            marker="o",
            fillstyle="none",
            linestyle="none",
            label=RANDOM,
            gid=of_family(RANDOM),
        ),
        Line2D(
            [],
            [],
            color=BLUE,
            marker="o",
            linestyle="none",
            label=PRETRAINED,
            gid=of_family(PRETRAINED),
        ),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False)
    add_notes(figure, part_notes(results, part))
    caption = (
        "Each model trained on a dataset from random and from pre-trained weights; models are in "
        f"the order of {results.predictor.accuracy}."
    )
    return Drawing(figure, caption)
