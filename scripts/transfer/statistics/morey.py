"""Mean log odds over datasets, with error bars that exclude the difficulty of each dataset.

Kornblith et al. 2019, Section 3: accuracies are averaged after the logit transformation, and the
error bars follow Morey (2008), Tutorials in Quantitative Methods for Psychology 4(2), 61-64.
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from transfer.statistics.transforms import logit

# Factor of the standard error of M models: subtracting each dataset's mean over the models removes
# part of the spread.
#   morey    sqrt(M / (M - 1)), which Morey (2008) derives for the standard error
#   printed  M / (M - 1), as Section 3 prints it: Morey's factor for the variance
#   none     1
Correction = Literal["morey", "printed", "none"]


class Bar(NamedTuple):
    """Mean accuracy, and the mean minus and plus its standard error: fractions, of one shape."""

    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def mean_log_odds(fractions: np.ndarray) -> np.ndarray:
    """Plain mean over datasets of the logit-transformed accuracies, float64 `(models,)`.

    `fractions`: `(models, datasets)` in (0, 1); raises ValueError for other values.
    """
    return logit(np.asarray(fractions, dtype=float)).mean(axis=1)


def adjusted_log_odds(log_odds: np.ndarray) -> np.ndarray:
    """acc(m, d) = x_md minus the mean of x_nd over all models n (Section 3).

    `log_odds`: `(models, datasets)`. Each column of the result has mean 0.
    """
    log_odds = np.asarray(log_odds, dtype=float)
    return log_odds - log_odds.mean(axis=0)


def correction_factor(models: int, correction: Correction) -> float:
    """Factor by which the standard error of `models` models is multiplied; see `Correction`.

    Raises ValueError for fewer than two models or an unknown correction.
    """
    if models < 2:
        raise ValueError(f"a correction for the number of models needs two of them, got {models}")
    if correction == "morey":
        return float(np.sqrt(models / (models - 1)))
    if correction == "printed":
        return models / (models - 1)
    if correction == "none":
        return 1.0
    raise ValueError(f"unknown correction '{correction}' (known: morey, printed, none)")


def standard_errors(
    log_odds: np.ndarray, correction: Correction = "morey", ddof: int = 0
) -> np.ndarray:
    """Standard error over datasets of each model's adjusted log odds, float64 `(models,)`.

    `log_odds`: `(models, datasets)`. The standard deviation has the divisor datasets - `ddof`. Of
    the combinations, Morey's factor with `ddof` 0 is nearest to the bars that Figure 2 draws.
    """
    adjusted = adjusted_log_odds(log_odds)
    models, datasets = adjusted.shape
    if datasets <= ddof:
        raise ValueError(f"a standard error with ddof {ddof} needs more than {datasets} datasets")
    error = adjusted.std(axis=1, ddof=ddof) / np.sqrt(datasets)
    return error * correction_factor(models, correction)


def mean_accuracy(fractions: np.ndarray, ddof: int = 1) -> Bar:
    """Mean over models on the logit scale as a fraction, with its standard error (Figure 6).

    `fractions`: `(models, datasets)` in (0, 1). The bounds are the mean log odds minus and plus one
    standard error, so they are not symmetric about the mean. Returns arrays `(datasets,)`.
    """
    log_odds = logit(np.asarray(fractions, dtype=float))
    mean = log_odds.mean(axis=0)
    error = log_odds.std(axis=0, ddof=ddof) / np.sqrt(len(log_odds))
    return Bar(*(special.expit(value) for value in (mean, mean - error, mean + error)))
