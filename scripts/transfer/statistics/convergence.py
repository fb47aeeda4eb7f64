"""Steps until a network is close to its best accuracy.

Kornblith et al. 2019, Section 4.6 and Figure 8. A curve is the accuracy after training runs of
different lengths, each with its own schedule.
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

# Fraction of the best odds of a correct prediction that counts as converged.
SHARE = 0.9
# Odds that are equal in exact arithmetic must be equal here: 0.8 / 0.2 is not 4.
SLACK = 1 - 1e-9


class Spread(NamedTuple):
    """Geometric mean with lower and upper quartile."""

    geometric_mean: float
    lower: float
    upper: float


class Steps(NamedTuple):
    """The number of steps to the threshold, with its bounds if accuracies are inexact."""

    earliest: float
    read: float
    latest: float


def _curve(steps: np.ndarray, accuracy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    steps, accuracy = np.asarray(steps, dtype=float), np.asarray(accuracy, dtype=float)
    if steps.shape != accuracy.shape or not len(steps) or (np.diff(np.sort(steps)) == 0).any():
        raise ValueError("a curve needs one accuracy for each of different numbers of steps")
    if not ((accuracy >= 0) & (accuracy < 1)).all():
        raise ValueError("odds need accuracies in [0, 1)")
    order = np.argsort(steps)
    return steps[order], accuracy[order]


def steps_to_threshold(steps: np.ndarray, accuracy: np.ndarray, share: float = SHARE) -> float:
    """Smallest number of steps after which the odds are at least `share` of the curve's best.

    `steps`: `(n,)`, in any order; `accuracy`: fractions in [0, 1), `(n,)`. The result is one of
    `steps`, without interpolation. Raises ValueError for an empty curve or a repeated step.
    """
    steps, accuracy = _curve(steps, accuracy)
    odds = accuracy / (1 - accuracy)
    return float(steps[np.argmax(odds >= SLACK * share * odds.max())])


def steps_within_reading(
    steps: np.ndarray, accuracy: np.ndarray, error: float, share: float = SHARE
) -> Steps:
    """Like `steps_to_threshold`, with bounds for accuracies that were read to within +- `error`.

    For the earliest step a point is as high and all others are as low as possible; for the latest
    it is the other way round. If the two differ, the readings do not determine the number of steps.
    """
    read = steps_to_threshold(steps, accuracy, share)
    steps, accuracy = _curve(steps, accuracy)
    low, high = np.clip([accuracy - error, accuracy + error], 0, 1 - 1e-9)
    low_odds, high_odds = low / (1 - low), high / (1 - high)
    earliest = steps[np.argmax(high_odds >= SLACK * share * low_odds.max())]
    others = np.array(
        [np.delete(high_odds, place).max(initial=0.0) for place in range(len(high_odds))]
    )
    reached = low_odds >= SLACK * share * np.maximum(low_odds, others)
    possible = np.flatnonzero(high_odds >= SLACK * share * low_odds.max())
    latest = steps[np.argmax(reached) if reached.any() else possible[-1]]
    return Steps(float(earliest), read, float(latest))


def epochs(steps: np.ndarray, batch_size: int, train_size: np.ndarray) -> np.ndarray:
    """Passes over the training images in a number of steps: steps x batch size / train size."""
    return np.asarray(steps, dtype=float) * batch_size / np.asarray(train_size, dtype=float)


def spread(values: np.ndarray) -> Spread:
    """Geometric mean and quartiles (linear interpolation) over datasets.

    `values`: positive, `(datasets,)`. Raises ValueError for other values.
    """
    values = np.asarray(values, dtype=float)
    if not len(values) or not (values > 0).all():
        raise ValueError("a geometric mean needs positive values")
    lower, upper = np.quantile(values, [0.25, 0.75])
    return Spread(float(stats.gmean(values)), float(lower), float(upper))
