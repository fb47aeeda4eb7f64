"""Number of distinct images in a pre-training set sampled by importance weights, by set size.

Computed from the formulas of the two matchers, for given class sizes of the source and a given
distribution of the target over its classes. Nothing is measured.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, NullFormatter

from transfer.drawing.points import Point, named, of_family
from transfer.drawing.style import BLUE, GREY, VERMILION, Drawing
from transfer.errors import UserError
from transfer.statistics.source_sampling import elastic_sizes, expected_unique

READS = ()
OPTIONS = {
    "classes": {"type": "integer", "minimum": 2, "default": 1000},
    "images_per_class": {"type": "integer", "minimum": 1, "default": 1281},
    # The share of the r-th heaviest class is proportional to r to the power of minus this.
    "exponent": {"type": "number", "minimum": 0, "default": 1.0},
    # Largest set, in images of the source.
    "passes": {"type": "number", "exclusiveMinimum": 0, "default": 2.0},
    # A size with repetitions whose number of distinct images is marked and stated.
    "marked": {"type": ["integer", "null"], "minimum": 1, "default": None},
}
POINTS = 120


def draw(
    *, classes: int, images_per_class: int, exponent: float, passes: float, marked: int | None
) -> Drawing:
    sizes = np.full(classes, float(images_per_class))
    shares = np.arange(1.0, classes + 1) ** -exponent
    shares /= shares.sum()
    source = float(sizes.sum())
    totals = np.geomspace(source / 1000, passes * source, POINTS)
    same = [expected_unique(sizes, shares, total) for total in totals]
    reachable = totals[totals <= source]
    if not len(reachable):
        raise UserError("unique_images: passes leaves no set smaller than the source")
    elastic = [elastic_sizes(sizes, shares, total).sum() for total in reachable]
    figure, ax = plt.subplots(figsize=(4.6, 3.1), layout="constrained")
    repeats, once = "same distribution (repeats)", "elastic (no repeats)"
    whole = "images of the source"
    ax.plot(totals, same, color=BLUE, label=repeats, gid=of_family(repeats))
    ax.plot(reachable, elastic, "--", color=VERMILION, label=once, gid=of_family(once))
    ax.axhline(source, color=GREY, ls=":", linewidth=1, label=whole, gid=of_family(whole))
    stated = ""
    if marked is not None:
        different = expected_unique(sizes, shares, marked)
        point = Point(f"{marked:,} images drawn", f"{different:,.0f} different", repeats)
        ax.plot([marked], [different], "o", color=BLUE, markersize=5, gid=named([point]))
        ax.annotate(
            f"{different:,.0f}",
            (marked, different),
            xytext=(0, -12),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=BLUE,
        )
        stated = f" {marked:,} images drawn with repeats hold {different:,.0f} different ones."
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("Images in the sampled set")
    ax.set_ylabel("Different images")
    ax.legend(frameon=False)
    caption = (
        f"Different images by size of the sampled set, for {classes:,} classes of "
        f"{images_per_class:,} images and a target whose share of the r-th heaviest class is "
        f"proportional to r^-{exponent:g}: computed by formula, not measured.{stated}"
    )
    return Drawing(figure, caption)
