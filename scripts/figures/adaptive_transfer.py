"""How a source is sampled for a target: domain adaptive transfer learning, step by step.

A drawing of the method. Its bars are of six labels with invented shares; the weights are computed
from these as the method computes them.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from transfer.drawing.style import BLUE, GREEN, GREY, VERMILION, Drawing

READS = ()
# Invented, in percent: how often a label occurs in the source, and is predicted on the target.
LABELS = {
    "beagle": (7, 30),
    "bulldog": (5, 27),
    "tabby": (9, 29),
    "sparrow": (18, 8),
    "pizza": (26, 4),
    "sedan": (35, 2),
}
WIDTH, HEIGHT = 3.4, 5.1
# Left edges of the two columns and their width, in units of the page.
LEFT, RIGHT, COLUMN = 0.02, 0.53, 0.45
INK = "#262626"


def draw() -> Drawing:
    shares, predicted = np.array(list(LABELS.values())).T / 100
    figure = plt.figure(figsize=(WIDTH, HEIGHT))
    page = figure.add_axes((0, 0, 1, 1))
    page.set_axis_off()
    page.set(xlim=(0, 1), ylim=(0, 1))

    box(page, LEFT, 0.915, COLUMN, 0.075, "source images\nwith labels", BLUE)
    box(page, RIGHT, 0.915, COLUMN, 0.075, "target images,\nlabels not used", GREEN)
    box(page, RIGHT, 0.79, COLUMN, 0.075, "classifier trained\non the source", GREY)
    arrow(page, (0.755, 0.915), (0.755, 0.865))
    arrow(page, (LEFT + COLUMN, 0.93), (RIGHT + 0.03, 0.865))
    arrow(page, (0.245, 0.915), (0.245, 0.755), "count\nlabels")
    arrow(page, (0.755, 0.79), (0.755, 0.755))
    bars(figure, 0.2, 0.595, shares, BLUE)
    bars(figure, 0.71, 0.595, predicted, GREEN)
    say(page, 0.27, 0.735, "share in the source, p$_s$(y)")
    say(page, 0.755, 0.735, "mean prediction, p$_t$(y)")
    arrow(page, (0.245, 0.585), (0.4, 0.535))
    arrow(page, (0.755, 0.585), (0.6, 0.535))
    say(page, 0.5, 0.51, "importance weight, p$_t$(y) / p$_s$(y)")
    bars(figure, 0.45, 0.37, predicted / shares, VERMILION)
    arrow(page, (0.5, 0.36), (0.5, 0.31))
    sample = "sample the source in proportion to\nthe weights, repeating images"
    box(page, 0.14, 0.225, 0.72, 0.085, sample, VERMILION)
    # The sample is taken of the source itself.
    page.plot([LEFT + 0.025, LEFT + 0.025], [0.915, 0.2675], color=GREY, linewidth=1)
    arrow(page, (LEFT + 0.025, 0.2675), (0.14, 0.2675))
    arrow(page, (0.5, 0.225), (0.5, 0.175))
    box(page, 0.14, 0.115, 0.72, 0.06, "pre-train a network on the sample", INK)
    arrow(page, (0.5, 0.115), (0.5, 0.075))
    box(page, 0.14, 0.015, 0.72, 0.06, "fine-tune it on the target", INK)
    caption = (
        "Domain adaptive transfer learning. A classifier of the source says how often each of its "
        "labels is predicted on the target's images; divided by how often the label occurs in the "
        "source, this is the label's importance weight. The source is sampled by these weights, "
        "with repeats, and a network is pre-trained on the sample and fine-tuned on the target. A "
        f"drawing: the {len(LABELS)} labels and their shares are invented, the weights follow from "
        "them."
    )
    return Drawing(figure, caption)


def box(page: Axes, x: float, y: float, width: float, height: float, text: str, color: str) -> None:
    """A step of the method; `x` and `y` are its lower left corner."""
    page.add_patch(
        Rectangle((x, y), width, height, facecolor="white", edgecolor=color, linewidth=1.3)
    )
    say(page, x + width / 2, y + height / 2, text, color=INK)


def arrow(page: Axes, start: tuple[float, float], end: tuple[float, float], text: str = "") -> None:
    """What a step passes to the next; `text` stands beside the arrow."""
    page.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0},
    )
    if text:
        page.text(
            start[0] + 0.03, (start[1] + end[1]) / 2, text, fontsize=7, color=GREY, va="center"
        )


def say(page: Axes, x: float, y: float, text: str, color: str = INK) -> None:
    """Centred text."""
    page.text(x, y, text, ha="center", va="center", fontsize=7.5, color=color, parse_math=True)


def bars(figure: Figure, x: float, y: float, lengths: np.ndarray, color: str) -> None:
    """A bar for each label, the longest as wide as its place; `x` is where the bars begin."""
    ax = figure.add_axes((x, y, 0.26, 0.12))
    ax.barh(list(LABELS), lengths / lengths.max(), color=color, height=0.7)
    ax.invert_yaxis()
    ax.set_xticks([])
    ax.tick_params(axis="y", length=0, labelsize=7)
    ax.spines["bottom"].set_visible(False)
