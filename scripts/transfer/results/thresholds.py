"""Whether thresholds of several labels, chosen on some images, serve others as well."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from transfer.errors import UserError
from transfer.results.predictions import Scored, read_scored, read_split
from transfer.training.metrics import METRICS, best_thresholds, predict

# Predictions on the test split, of a run that reports on the one that chose its thresholds.
THIRD = "test_"
# How often the images are halved where no others are kept.
HALVINGS = 5


@dataclass(frozen=True)
class Carried:
    """A metric on images with thresholds searched on these, carried over from others, and without.

    `half` is at probability one half for every class; `others` says whether the images are of
    another split than those that chose, or halves of it.
    """

    own: float
    carried: float
    half: float
    others: bool


def carried_over(path: Path, metric: str, seed: int) -> Carried:
    """What thresholds of a run's selection split are worth on images that did not choose them.

    On its third part, whose predictions stand beside the others as `test_`, or that it reports on;
    where neither is kept, on one half of the images with thresholds of the other, averaged over
    both and over halvings. Raises UserError for predictions of one label per image.
    """
    reported = read_scored(path)
    if reported.labels.ndim != 2:
        raise UserError(f"{path}: one label per image needs no thresholds")
    selection = read_split(path, "selection_")
    chosen, third = (selection, reported) if selection else (reported, read_split(path, THIRD))
    if third is not None:
        found = [_measured(metric, third, best_thresholds(chosen.scores, chosen.labels))]
    else:
        found = [
            _measured(metric, measured, best_thresholds(choosing.scores, choosing.labels))
            for choosing, measured in _halves(chosen, seed)
        ]
    own, carried, half = (float(value) for value in np.mean(found, axis=0))
    return Carried(own, carried, half, others=third is not None)


def _measured(metric: str, scored: Scored, thresholds: np.ndarray) -> tuple[float, float, float]:
    """The metric with own thresholds, with these, and at one half."""
    scores, labels = scored.scores, scored.labels
    choices = (best_thresholds(scores, labels), thresholds, None)
    first, second, third = (
        METRICS[metric](predict(scores, labels, one), labels, scores) for one in choices
    )
    return first, second, third


def _halves(scored: Scored, seed: int) -> list[tuple[Scored, Scored]]:
    """Two halves of the images, each once to choose and once to measure, several times."""
    generator, pairs = np.random.default_rng(seed), []
    for _ in range(HALVINGS):
        order = generator.permutation(len(scored.ids))
        middle = len(order) // 2
        one, other = (_some(scored, np.sort(rows)) for rows in (order[:middle], order[middle:]))
        pairs += [(one, other), (other, one)]
    return pairs


def _some(scored: Scored, rows: np.ndarray) -> Scored:
    return Scored(
        scored.ids[rows], scored.labels[rows], scored.scores[rows], scored.predicted[rows]
    )
