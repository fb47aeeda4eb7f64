"""Permutation tests that exchange the predictions of two models image by image.

Kornblith et al. 2019, Section 3 (described in its Appendix A.1.1): under the null hypothesis the
two networks are equally likely to be correct, so their predictions on any image may be exchanged.
p is the fraction of exchanges with an absolute difference at least as large as the observed one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import stats


class Range(NamedTuple):
    """Smallest and largest possible p."""

    smallest: float
    largest: float


def _whole(count: int, name: str) -> int:
    if count < 0 or count != int(count):
        raise ValueError(f"{name} is a number of images, got {count}")
    return int(count)


def swap_test(first_only: int, second_only: int) -> float:
    """Two-sided p for top-1 accuracy, exact: the binomial test on the discordant images.

    `first_only` and `second_only`: number of images that only the first, or only the second model
    classifies correctly. Exchanging predictions has no effect on the others, so the difference
    follows Binomial(first_only + second_only, 1/2): McNemar's exact test.
    """
    fewer = min(_whole(first_only, "first_only"), _whole(second_only, "second_only"))
    discordant = int(first_only) + int(second_only)
    return min(1.0, 2 * float(stats.binom.cdf(fewer, discordant, 0.5)))


def swap_test_range(first_accuracy: float, second_accuracy: float, n_images: int) -> Range:
    """Range of p of the swap test if only the two top-1 accuracies are known.

    Accuracies are fractions of the same `n_images` test images, rounded to whole numbers of correct
    images. p is smallest if the better model is correct wherever the worse one is, and largest if
    they agree on as few images as possible.
    """
    n = _whole(n_images, "n_images")
    low, high = sorted(round(accuracy * n) for accuracy in (first_accuracy, second_accuracy))
    if not 0 <= low <= high <= n:
        raise ValueError(f"accuracies are fractions, got {first_accuracy} and {second_accuracy}")
    shared = max(low + high - n, 0)
    return Range(swap_test(high - low, 0), swap_test(high - shared, low - shared))


def _share(simulated: np.ndarray, observed: float) -> float:
    """Fraction of differences at least as large as the observed one, which is included.

    Including it keeps p above zero and the test valid (Phipson and Smyth 2010). Differences that
    are tied in exact arithmetic are tied here.
    """
    slack = 1e-9 * max(1.0, abs(observed))
    return float((1 + (np.abs(simulated) >= abs(observed) - slack).sum()) / (1 + len(simulated)))


def swap_test_per_class(
    first_only: np.ndarray,
    second_only: np.ndarray,
    class_sizes: np.ndarray,
    samples: int,
    seed: int,
) -> float:
    """Two-sided p for mean per-class accuracy, by seeded random exchanges.

    All arrays are `(classes,)`: the number of images of each class that only the first, or only the
    second model classifies correctly, and of its test images. Within a class all images have the
    same weight, so exchanging the predictions on each with probability 1/2 is one binomial draw.
    """
    first, second = np.asarray(first_only), np.asarray(second_only)
    sizes = np.asarray(class_sizes)
    if not (first.shape == second.shape == sizes.shape and first.ndim == 1):
        raise ValueError("the three counts need one value per class")
    if (first < 0).any() or (second < 0).any() or (sizes < 1).any():
        raise ValueError("counts are not negative, and every class has a test image")
    if (first + second > sizes).any():
        raise ValueError("a class has more discordant images than images")
    discordant = first + second
    weights = 1 / (sizes * len(sizes))
    drawn = np.random.default_rng(seed).binomial(discordant, 0.5, size=(samples, len(sizes)))
    return _share((2 * drawn - discordant) @ weights, float((first - second) @ weights))


def swap_test_of_metric(
    first: np.ndarray,
    second: np.ndarray,
    labels: np.ndarray,
    metric: Callable[[np.ndarray, np.ndarray], float],
    samples: int,
    seed: int,
) -> float:
    """Two-sided p for any metric of scores, such as mean average precision, by random exchanges.

    `first`, `second`: scores of the two models, `(n, ...)` of one shape; `labels`: `(n, ...)`;
    `metric(scores, labels)` is a number. An image's scores for all classes are exchanged
    together. The metric is computed twice for each of `samples` exchanges.
    """
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or len(first) != len(labels):
        raise ValueError("both models need scores of the same shape, one row per label")
    observed = metric(first, labels) - metric(second, labels)
    generator = np.random.default_rng(seed)
    simulated = np.empty(samples)
    for sample in range(samples):
        exchanged = generator.random(len(first)) < 0.5
        where = exchanged.reshape(-1, *[1] * (first.ndim - 1))
        one, other = np.where(where, second, first), np.where(where, first, second)
        simulated[sample] = metric(one, labels) - metric(other, labels)
    return _share(simulated, float(observed))
