"""Linear and logit axes for fractions, labelled as in the paper."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, Formatter, FuncFormatter, MaxNLocator
from scipy import special

LOGIT_TICKS = np.array(
    [
        *(0.001, 0.005, 0.01, 0.05),
        *np.arange(0.1, 0.9, 0.1),
        *(0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.999),
    ]
)


def to_axis(fractions: Any, kind: str) -> np.ndarray:
    """Convert fractions to positions on a `linear` or `logit` axis."""
    values = np.asarray(fractions, dtype=float)
    return special.logit(np.clip(values, 1e-3, 1 - 1e-3)) if kind == "logit" else values


class _SameDigits(Formatter):
    """Format fractions times `scale` with the same number of decimals: 0.90, 0.95."""

    def __init__(self, scale: int) -> None:
        self.scale = scale

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{round(x * self.scale, 6):g}"

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        longest = max((len(self(value).partition(".")[2]) for value in values), default=0)
        return [f"{value * self.scale:.{longest}f}" for value in values]


def _label(percent: bool) -> Callable[[float, int | None], str]:
    return lambda value, _: f"{value * 100:g}" if percent else f"{value:g}"


def label_axis(ax: Axes, which: str, kind: str, percent: bool) -> None:
    """Set ticks of an axis (`x` or `y`) at fractions, optionally in percent; set limits before."""
    axis = ax.xaxis if which == "x" else ax.yaxis
    show = _label(percent)
    if kind == "logit":
        low, high = sorted(ax.get_xlim() if which == "x" else ax.get_ylim())
        ticks = LOGIT_TICKS[
            (special.logit(LOGIT_TICKS) > low) & (special.logit(LOGIT_TICKS) < high)
        ]
        if len(ticks) < 3:
            # A narrow range is nearly linear.
            ticks = MaxNLocator(4).tick_values(special.expit(low), special.expit(high))
            ticks = ticks[(special.expit(low) < ticks) & (ticks < special.expit(high))]
        step = max(1, round(len(ticks) / 5))
        axis.set_major_locator(FixedLocator(special.logit(ticks[::step]).tolist()))
        axis.set_major_formatter(
            FuncFormatter(lambda position, _: show(round(special.expit(position), 6), None))
        )
    else:
        axis.set_major_formatter(_SameDigits(100 if percent else 1))
