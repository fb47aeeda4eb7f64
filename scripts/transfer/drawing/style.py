"""The style of all figures: colour-blind safe, readable in grey, reproducible byte by byte."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from transfer.drawing.points import (
    Point,
    describe_svg,
    keep_families_in_legends,
    named,
    of_family,
)
from transfer.files import atomic_path

# Okabe and Ito's palette without its yellow, which fades on white; markers carry the family
# where colour is not seen.
BLUE, SKY, GREEN, ORANGE, VERMILION, PURPLE = (
    "#0072B2",
    "#3A9BDC",
    "#00795A",
    "#C77F00",
    "#C44E00",
    "#AA4A8F",
)
BLACK, GREY = "#000000", "#6E6E6E"
# matplotlib's name of a marker, or (points, 1, angle) of a star.
Marker = str | tuple[int, Literal[1], int]
# Each family has its own marker.
FAMILIES: dict[str, tuple[str, Marker]] = {
    "alexnet": (BLACK, "X"),
    "squeezenet": (GREY, "P"),
    "shufflenet": (ORANGE, "<"),
    "mobilenet": (VERMILION, "v"),
    "vgg": (SKY, "s"),
    "deit": (GREEN, "^"),
    "densenet": (PURPLE, (6, 1, 0)),
    "resnet": (BLUE, "o"),
    "resnext": (BLUE, "d"),
    "efficientnet": (VERMILION, "p"),
    "vit": (GREEN, "D"),
    "inception": (GREY, "8"),
    "convnext": (PURPLE, (4, 1, 0)),
    "pnasnet": (BLACK, ">"),
    "clip": (PURPLE, "*"),
}
# For families that the table does not name, in the order in which they come.
FURTHER: list[tuple[str, Marker]] = [
    (ORANGE, "o"),
    (SKY, "^"),
    (GREEN, "s"),
    (PURPLE, "H"),
    (BLUE, "P"),
    (VERMILION, "X"),
]


@dataclass(frozen=True)
class Drawing:
    """A figure that a view has drawn, and the caption that a page shows below it."""

    figure: Figure
    caption: str


@dataclass(frozen=True)
class ModelStyle:
    """The marker of a model; only the largest model known of a family is filled.

    `name` and `family` are what a point with this marker is called.
    """

    color: str
    marker: Marker
    filled: bool
    size: float
    name: str = ""
    family: str = ""


def use_style() -> None:
    """Configure matplotlib and seaborn; call once before drawing."""
    mpl.use("Agg")
    keep_families_in_legends()
    sns.set_theme(
        context="paper",
        style="ticks",
        rc={
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": 8.5,
            "axes.titleweight": "bold",
            "axes.labelsize": 8,
            "font.family": "DejaVu Sans",
            "font.size": 8,
            "legend.fontsize": 7.5,
            "pdf.fonttype": 42,
            "savefig.dpi": 200,
            "svg.fonttype": "path",
            # A dollar sign in the name of a class or model is not the start of a formula.
            "text.parse_math": False,
            "xtick.labelsize": 7.5,
            "ytick.labelsize": 7.5,
        },
    )


def model_styles(models: pd.DataFrame) -> dict[str, ModelStyle]:
    """A style for each row of a models table (`model`, `name`, `family`, `parameters`)."""
    unnamed = [f for f in dict.fromkeys(models["family"]) if f not in FAMILIES]
    looks = FAMILIES | {f: FURTHER[i % len(FURTHER)] for i, f in enumerate(unnamed)}
    # Of equally large ones the first, so that no two of a family look alike.
    sizes = models.dropna(subset="parameters")
    largest = set(sizes.groupby("family")["parameters"].idxmax())
    styles = {}
    for row in models.itertuples():
        color, marker = looks[row.family]
        # Stars fill less of their square.
        size = 90 if marker == "*" else 60 if isinstance(marker, tuple) else 34
        styles[row.model] = ModelStyle(
            color, marker, row.Index in largest, size, row.name, row.family
        )
    return styles


def draw_model(
    ax: Axes, x: float, y: float, style: ModelStyle, value: str = "", panel: str = ""
) -> None:
    """Mark one model at a point of the panel; `value` and `panel` say what the point is."""
    ax.scatter(
        [x],
        [y],
        s=style.size,
        marker=style.marker,
        facecolors=style.color if style.filled else "white",
        edgecolors=style.color,
        linewidths=1.1,
        zorder=3,
        clip_on=False,
        gid=named([Point(style.name, value, style.family, panel)]),
    )


def model_handle(name: str, style: ModelStyle) -> Line2D:
    """The legend entry of a model."""
    return Line2D(
        [],
        [],
        linestyle="",
        marker=style.marker,
        markersize=style.size**0.5,
        markerfacecolor=style.color if style.filled else "white",
        markeredgecolor=style.color,
        label=name,
        gid=of_family(style.family),
    )


def wrap_notes(figure: Figure, notes: Sequence[str]) -> str:
    """Wrap notes to the width of a figure at 7 points."""
    return textwrap.fill(" ".join(notes), width=round(figure.get_figwidth() * 15.5))


def add_notes(figure: Figure, notes: Sequence[str]) -> None:
    """Print notes below the figure."""
    if notes:
        figure.supxlabel(wrap_notes(figure, notes), fontsize=7, color=GREY, x=0.01, ha="left")


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write `<path>` as .svg, .pdf and .png, reproducible byte by byte.

    The points of the SVG say what they are (`transfer.drawing.points`).
    """
    path = Path(path)
    silent: dict[str, dict[str, None]] = {
        ".png": {"Software": None},
        ".pdf": {"CreationDate": None},
        ".svg": {"Date": None},
    }
    for suffix, metadata in silent.items():
        # The salt makes SVG ids deterministic.
        with (
            mpl.rc_context({"svg.hashsalt": path.stem}),
            atomic_path(path.with_suffix(suffix)) as temporary,
        ):
            figure.savefig(temporary, metadata=metadata)
            if suffix == ".svg":
                describe_svg(temporary)
    plt.close(figure)
