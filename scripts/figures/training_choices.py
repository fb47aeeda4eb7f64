"""Mean transfer of networks by their training choices on ImageNet, and their top-1 there.

The choices, `configuration` 1 to 5: the usual ones of Inception networks; a scale parameter in
batch normalization; no label smoothing; no dropout; no auxiliary classifier.
"""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D

from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLACK, BLUE, GREEN, PURPLE, VERMILION, Drawing, add_notes
from transfer.study.model import Model, PrintedModel

READS = ("printed", "models")
CHOICES = ["default", "+ scale", "− smoothing", "− dropout", "− auxiliary"]
LOOKS = [(BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (PURPLE, "D"), (BLACK, "v")]


def named_choices(network: str, configurations: pd.Series, values: list[str]) -> str:
    """The gid of a network's curve; `configurations` count from 0."""
    choices = [CHOICES[int(place)] for place in configurations]
    return named(
        [
            Point(network, f"{choice}: {value}", network)
            for choice, value in zip(choices, values, strict=True)
        ]
    )


def draw(printed: pd.DataFrame, models: dict[str, Model | PrintedModel]) -> Drawing:
    numeric = ["configuration", "mean_log_odds", "precision"]
    numbers = printed.astype(dict.fromkeys(numeric, float))
    numbers["configuration"] -= 1
    measures = {"mean_log_odds": "Mean log odds over datasets"}
    if "imagenet_top1" in numbers:
        measures["imagenet_top1"] = "ImageNet top-1 (%)"
    width = {1: 4.6, 2: 7.35}[len(measures)]
    figure, axes = plt.subplots(
        1, len(measures), figsize=(width, 3.4), squeeze=False, layout="constrained"
    )
    shown = list(dict.fromkeys(numbers["model"]))
    labels = [models[model].name for model in shown]
    for ax, (measure, label) in zip(axes.flat, measures.items(), strict=True):
        for model, name, (color, marker) in zip(shown, labels, LOOKS, strict=False):
            rows = numbers[numbers["model"] == model].sort_values("configuration")
            x, y = rows["configuration"], rows[measure].astype(float)
            look: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4.5}
            if measure == "mean_log_odds" and "standard_error" in rows:
                error = rows["standard_error"].astype(float)
                words = [f"{value:g} ± {one:g}" for value, one in zip(y, error, strict=True)]
                drawn = ax.errorbar(
                    x, y, error, capsize=2, gid=named_choices(name, x, words), **look
                )
                for part in (*drawn.lines[1], *drawn.lines[2]):
                    part.set_gid(of_family(name))
            else:
                words = [f"{value:g}" for value in y]
                ax.plot(x, y, gid=named_choices(name, x, words), **look)
        ax.set_xticks(range(len(CHOICES)), CHOICES, rotation=25, ha="right")
        ax.set_ylabel(label)
    handles = [
        Line2D([], [], color=color, marker=marker, label=name, gid=of_family(name))
        for name, (color, marker) in zip(labels, LOOKS, strict=False)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    notes = []
    if set(printed.get("kind", [])) == {"read"}:
        reach = f"mean log odds to {numbers['precision'].max():g}"
        if "imagenet_top1_precision" in numbers:
            reach += f", top-1 to {numbers['imagenet_top1_precision'].astype(float).max():g} points"
        notes.append(f"Values read off the paper's figure: {reach}.")
    add_notes(figure, notes)
    caption = (
        "Mean over datasets of the logit-transformed accuracy, by training choices on ImageNet; "
        "each choice keeps those to its left."
    )
    return Drawing(figure, " ".join([caption, *notes]))
