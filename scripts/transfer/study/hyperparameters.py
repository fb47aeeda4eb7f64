"""Points of a recipe's grid and their readable ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

Value = str | float


@dataclass(frozen=True)
class Hyperparameters:
    """One point of a grid: a value for each of its axes.

    `id`, such as `adamw-cosine_lr1e-3_wd1e-4`, is used in paths and tables.
    """

    id: str
    values: Mapping[str, Value]


def short_number(value: float) -> str:
    """Format a number for an id: 0.001 is `1e-3`, 0.00025 is `2.5e-4`, 1 is `1`, 0 is `0`."""
    if value == 0:
        return "0"
    digits = next(
        text for places in range(17) if float(text := f"{value:.{places}e}") == float(value)
    )
    mantissa, exponent = digits.split("e")
    return mantissa if int(exponent) == 0 else f"{mantissa}e{int(exponent)}"


def point_id(axes: Mapping[str, str], values: Mapping[str, Value]) -> str:
    """The id of a point; `axes` maps each axis, in order, to the prefix of its value."""
    parts = [
        prefix + (value if isinstance(value, str) else short_number(value))
        for axis, prefix in axes.items()
        if (value := values.get(axis)) is not None
    ]
    return "".join(parts).lstrip("-_")


def expand_grid(
    axes: Mapping[str, str], blocks: Iterable[Mapping[str, Sequence[Value]]]
) -> tuple[Hyperparameters, ...]:
    """Every point of a grid, block by block; in each block, the last axis varies fastest."""
    points = []
    for block in blocks:
        names = [axis for axis in axes if axis in block]
        for chosen in product(*(block[axis] for axis in names)):
            values = dict(zip(names, chosen, strict=True))
            points.append(Hyperparameters(point_id(axes, values), values))
    return tuple(points)
