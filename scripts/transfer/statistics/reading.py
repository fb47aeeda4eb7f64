"""Uncertainty of a statistic of values that were read off a figure."""

from collections.abc import Callable, Sequence

import numpy as np

from transfer.statistics.correlation_intervals import Interval


def reading_interval(
    statistic: Callable[..., float],
    values: Sequence[np.ndarray],
    precision: Sequence[float],
    samples: int,
    seed: int,
    level: float = 0.95,
) -> Interval:
    """Central interval of `statistic(*values)` if each value may be off by its precision.

    `values`: arrays; `precision`: the largest error in either direction, one per array, in its
    unit. Errors are independent and uniform; those of the `samples` repetitions are seeded. This
    is not a confidence interval: it does not cover other models, datasets or training runs.
    """
    if len(values) != len(precision):
        raise ValueError(f"{len(values)} arrays of values and {len(precision)} precisions")
    generator = np.random.default_rng(seed)
    arrays = [np.asarray(array, dtype=float) for array in values]
    found = [
        statistic(
            *(
                array + generator.uniform(-reach, reach, array.shape)
                for array, reach in zip(arrays, precision, strict=True)
            )
        )
        for _ in range(samples)
    ]
    lower, upper = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(lower), float(upper))
