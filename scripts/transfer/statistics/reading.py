"""What values read off a figure leave open: a statistic recomputed within their precision."""

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
    """Central interval of `statistic(*values)` when each value may be off by its precision.

    `values`: arrays; `precision`: the reach of the error to either side, one per array, in its
    unit. Errors are independent and uniform; those of the `samples` repetitions are seeded. This
    is no confidence interval: it says nothing of other models, datasets or trainings.
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
