"""Names beside points, placed so that they cover neither each other nor a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from transfer.drawing.style import GREY

# Distances from a point, in points of type, and the directions that are tried, the nearest first.
REACHES = (4.5, 6.0, 8.0, 11.0, 15.0, 20.0, 27.0, 35.0)
DIRECTIONS = np.radians(np.arange(0, 360, 22.5))
# From which distance on a line leads from the name to its point.
FAR = 8.0
# What it costs to cover a name or a point, to come so near to another point that the name could be
# its own, and to cross a bar, in points of distance.
COVERED, MISTAKEN, CROSSED = 1000.0, 15.0, 2.0
NEAR = 3.0
PASSES = 4
# Where a line to a point is looked at, as shares of its length.
STEPS = np.linspace(0.1, 1, 12)


@dataclass(frozen=True)
class Box:
    """A rectangle in typographic points."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, points: np.ndarray) -> bool:
        """Whether the rectangle contains any of some points, `(n, 2)`."""
        x, y = points.T
        return bool(((self.left < x) & (x < self.right) & (self.bottom < y) & (y < self.top)).any())

    def overlaps(self, other: "Box") -> bool:
        """Whether the rectangles share more than an edge."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def inside(self, other: "Box") -> bool:
        """Whether the rectangle is inside another."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.bottom <= self.bottom
            and self.top <= other.top
        )


def label_points(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    names: Sequence[str],
    colors: Sequence[str],
    bars: tuple[np.ndarray, np.ndarray],
    fontsize: float = 6.5,
    marker: float = 6.0,
) -> list[Annotation]:
    """Write a name beside each point, with a line to it if it is further away.

    `x`, `y`: data coordinates; `bars`: lower and upper end of the bar through each point, which a
    name may cross if there is no other position. `marker` is the width of a marker in typographic
    points. The limits and the position of the axes must be final. Names are placed one after the
    other, then each again among the others, so the result is deterministic.
    """
    figure = ax.figure
    scale = 72 / figure.dpi
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    def positions(heights: np.ndarray) -> np.ndarray:
        return np.asarray(ax.transData.transform(np.column_stack([x, heights]))) * scale

    at, low, high = positions(y), positions(bars[0]), positions(bars[1])
    texts = [
        ax.annotate(name, (px, py), (0, 0), textcoords="offset points", fontsize=fontsize)
        for name, px, py in zip(names, x, y, strict=True)
    ]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = [(extent.width * scale + 2, extent.height * scale) for extent in extents]
    for text in texts:
        text.remove()
    frame = ax.get_window_extent(renderer)
    inner = Box(*(edge * scale for edge in (frame.x0, frame.y0, frame.x1, frame.y1)))
    marks = [
        Box(px - marker / 2, py - marker / 2, px + marker / 2, py + marker / 2) for px, py in at
    ]
    around = [
        Box(mark.left - NEAR, mark.bottom - NEAR, mark.right + NEAR, mark.top + NEAR)
        for mark in marks
    ]
    lines = [
        Box(px - 0.5, bottom, px + 0.5, top)
        for (px, bottom), (_, top) in zip(low, high, strict=True)
    ]

    def box(one: int, offset: tuple[float, float]) -> Box:
        """Rectangle of a name whose nearest edge is `offset` away from its point."""
        width, height = sizes[one]
        dx, dy = offset
        reach = max(np.hypot(dx, dy), 1e-9)
        middle = at[one] + np.array([dx + dx / reach * width / 2, dy + dy / reach * height / 2])
        return Box(
            middle[0] - width / 2,
            middle[1] - height / 2,
            middle[0] + width / 2,
            middle[1] + height / 2,
        )

    def cost(one: int, offset: tuple[float, float], others: Sequence[Box]) -> float:
        place = box(one, offset)
        if not place.inside(inner):
            return 10 * COVERED
        covered = sum(place.overlaps(other) for other in (*others, *marks))
        crossed = sum(place.overlaps(line) for line in lines)
        mistaken = sum(place.overlaps(other) for two, other in enumerate(around) if two != one)
        if np.hypot(*offset) > FAR:
            way = at[one] + np.outer(STEPS, offset)
            mistaken += sum(other.holds(way) for other in others)
            through = sum(mark.holds(way) for two, mark in enumerate(marks) if two != one)
            mistaken += 3 * through
        return (
            covered * COVERED + mistaken * MISTAKEN + crossed * CROSSED + float(np.hypot(*offset))
        )

    offsets = [
        (float(reach * np.cos(angle)), float(reach * np.sin(angle)))
        for reach, angle in product(REACHES, DIRECTIONS)
    ]
    chosen: dict[int, tuple[float, float]] = {}
    for _ in range(PASSES):
        for one in np.argsort(at[:, 0], kind="stable"):
            others = [box(two, offset) for two, offset in chosen.items() if two != one]
            chosen[int(one)] = min(offsets, key=lambda offset: cost(int(one), offset, others))
    found = []
    for one, name in enumerate(names):
        place = box(one, chosen[one])
        middle = ((place.left + place.right) / 2, (place.bottom + place.top) / 2)
        far = np.hypot(*chosen[one]) > FAR
        found.append(
            ax.annotate(
                name,
                (x[one], y[one]),
                (middle[0] - at[one][0], middle[1] - at[one][1]),
                textcoords="offset points",
                ha="center",
                va="center",
                fontsize=fontsize,
                color=colors[one],
                arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkB": 3}
                if far
                else None,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.75},
                zorder=4,
            )
        )
    return found
