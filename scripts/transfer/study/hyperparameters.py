"""Points of a recipe's grid and their readable ids."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hyperparameters:
    """One point of a grid: `optimizer` adamw or sgd, `schedule` cosine or step."""

    optimizer: str
    schedule: str
    learning_rate: float
    weight_decay: float

    @property
    def id(self) -> str:
        """Such as `adamw-cosine_lr1e-3_wd1e-4`; a path component and a table's cell."""
        return (
            f"{self.optimizer}-{self.schedule}"
            f"_lr{short_number(self.learning_rate)}_wd{short_number(self.weight_decay)}"
        )


@dataclass(frozen=True)
class GridBlock:
    """An optimiser-schedule pair with the learning rates and weight decays it is tried with."""

    optimizer: str
    schedule: str
    learning_rates: tuple[float, ...]
    weight_decays: tuple[float, ...]


def short_number(value: float) -> str:
    """A number as ids write it: 0.001 is `1e-3`, 0.00025 is `2.5e-4`, 1 is `1`, 0 is `0`."""
    if value == 0:
        return "0"
    digits = next(
        text for places in range(17) if float(text := f"{value:.{places}e}") == float(value)
    )
    mantissa, exponent = digits.split("e")
    return mantissa if int(exponent) == 0 else f"{mantissa}e{int(exponent)}"


def expand_grid(blocks: Iterable[GridBlock]) -> tuple[Hyperparameters, ...]:
    """Every point of a grid, in the order it is written: learning rate by learning rate."""
    return tuple(
        Hyperparameters(block.optimizer, block.schedule, learning_rate, weight_decay)
        for block in blocks
        for learning_rate in block.learning_rates
        for weight_decay in block.weight_decays
    )
