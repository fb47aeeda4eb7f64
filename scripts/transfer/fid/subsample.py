"""How a distance depends on the number of images, from folds of a single pass.

Images are assigned at random to folds of equal size, and the moments of each fold are kept. Any
union of folds is then a random subsample without replacement, and its distance needs neither
another pass over the images nor features in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transfer.fid.frechet import Reference, frechet_distance
from transfer.fid.statistics import Moments, merged


@dataclass(frozen=True)
class CurvePoint:
    """The distance of one subsample; `replicate` numbers disjoint subsamples of one size."""

    n_images: int
    replicate: int
    fid: float


@dataclass(frozen=True)
class Jackknife:
    """Delete-a-fold jackknife of a distance (Wu 1986; Kott 2001).

    `standard_error` is due to the sampling of the dataset's images, with the reference fixed.
    `bias` estimates, to first order, the part of the distance that falls as 1/n and would vanish
    with more images; the estimate is poor for few images compared with the 2,048 dimensions.
    """

    standard_error: float
    bias: float


def deal_into_folds(
    n_images: int, folds: int, seed: int, maximum: int | None = None
) -> list[np.ndarray]:
    """Assign the positions of `n_images` images at random to folds, each in ascending order.

    At most `maximum` images are drawn, without replacement; fold sizes differ by at most one.
    """
    order = np.random.default_rng(seed).permutation(n_images)[:maximum]
    return [np.sort(fold) for fold in np.array_split(order, folds)]


def _distance(reference: Reference, moments: Moments) -> float:
    return frechet_distance(reference, moments.mean, moments.covariance(), moments.n).value


def subsample_curve(folds: Sequence[Moments], reference: Reference) -> list[CurvePoint]:
    """Distances of 1, 2, 4, ... folds and of all, each for all disjoint subsamples of that size.

    Subsamples of fewer than two images are omitted.
    """
    sizes = [2**k for k in range(len(folds).bit_length()) if 2**k < len(folds)] + [len(folds)]
    points = []
    for size in sizes:
        for replicate in range(len(folds) // size):
            moments = merged(folds[replicate * size : (replicate + 1) * size])
            if moments.n >= 2:
                points.append(CurvePoint(moments.n, replicate, _distance(reference, moments)))
    return points


def jackknife(folds: Sequence[Moments], reference: Reference) -> Jackknife | None:
    """Jackknife over the folds; None if fewer than two images would remain."""
    whole = merged(folds)
    count = len(folds)
    if count < 2 or whole.n - max(fold.n for fold in folds) < 2:
        return None
    values = np.array(
        [
            _distance(reference, merged([*folds[:left_out], *folds[left_out + 1 :]]))
            for left_out in range(count)
        ]
    )
    spread = (count - 1) / count * np.sum((values - values.mean()) ** 2)
    bias = (count - 1) * (values.mean() - _distance(reference, whole))
    return Jackknife(standard_error=float(np.sqrt(spread)), bias=float(bias))
