"""Number of distinct images in a pre-training set that follows a target's class distribution.

Ngiam et al. 2018, Sections 4.1 and 4.3: sets of a given size are sampled from the source by
importance weights, with replacement ('same distribution matcher') or without ('elastic
distribution matcher'). The lower half of its Figure 3 shows the distinct images of both. Class c
has n_c images (`sizes`) and a share p_c of the wanted set (`shares`, which sum to 1); its
importance weight is proportional to p_c / n_c.
"""

import numpy as np


def _classes(sizes: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sizes, shares = np.asarray(sizes, dtype=float), np.asarray(shares, dtype=float)
    if sizes.shape != shares.shape or sizes.ndim != 1:
        raise ValueError("sizes and shares need one value per class")
    if (sizes < 0).any() or (shares < 0).any() or not np.isclose(shares.sum(), 1):
        raise ValueError("sizes and shares are not negative, and the shares sum to 1")
    if ((sizes == 0) & (shares > 0)).any():
        raise ValueError("a class without images has a share of the set")
    return sizes, shares


def expected_unique(sizes: np.ndarray, shares: np.ndarray, draws: float) -> float:
    """Mean number of distinct images in `draws` independent draws: the same matcher.

    Sum over classes of n_c (1 - (1 - p_c / n_c)^draws): an image of class c is drawn with
    probability p_c / n_c each time.
    """
    sizes, shares = _classes(sizes, shares)
    if draws < 0:
        raise ValueError(f"a set of {draws:g} images")
    if not draws:
        return 0.0
    with np.errstate(divide="ignore"):
        # log1p and expm1 keep the digits of probabilities of one in millions.
        missed = draws * np.log1p(-np.where(sizes > 0, shares / sizes, 0.0))
    return float((sizes * -np.expm1(missed)).sum())


def elastic_sizes(sizes: np.ndarray, shares: np.ndarray, total: float) -> np.ndarray:
    """Number of images drawn from each class without replacement: the elastic matcher.

    Returns float64 `(classes,)`: min(n_c, lambda p_c) with lambda such that they sum to `total`.
    Classes that cannot fill their share are used entirely, the heaviest first, and the remainder is
    drawn from the others in proportion to their shares (Section 4.3). Raises ValueError if `total`
    exceeds the number of images of all classes with a share.
    """
    sizes, shares = _classes(sizes, shares)
    available = float(sizes[shares > 0].sum())
    if not 0 <= total <= available * (1 + 1e-12):
        raise ValueError(f"{total:g} images wanted of {available:g} in classes with a share")
    taken = np.zeros(len(sizes))
    open_ = shares > 0
    while open_.any():
        scale = (total - taken[~open_].sum()) / shares[open_].sum()
        full = open_ & (scale * shares > sizes)
        if not full.any():
            taken[open_] = scale * shares[open_]
            break
        taken[full] = sizes[full]
        open_ &= ~full
    return taken


def whole_classes(sizes: np.ndarray, shares: np.ndarray, total: float) -> np.ndarray:
    """Entire classes in descending order of importance weight, the last one in part.

    The literal reading of Section 4.3, in which the class with the highest weight contributes all
    its images. It contradicts Section 4.3.1, by which small samples of both matchers are alike.
    Classes with equal weights keep their order. Returns float64 `(classes,)`.
    """
    sizes, shares = _classes(sizes, shares)
    open_ = (shares > 0) & (sizes > 0)
    if not 0 <= total <= float(sizes[open_].sum()) * (1 + 1e-12):
        raise ValueError(f"{total:g} images wanted of {sizes[open_].sum():g}")
    weights = np.where(open_, shares / np.where(sizes > 0, sizes, 1), 0.0)
    taken, left = np.zeros(len(sizes)), float(total)
    for place in np.argsort(-weights, kind="stable"):
        if open_[place]:
            taken[place] = min(sizes[place], left)
            left -= taken[place]
    return taken


def largest_remainder(amounts: np.ndarray) -> np.ndarray:
    """Round `amounts` to whole numbers that keep their rounded sum; int64 of the same shape.

    Each amount is rounded down; the missing units go to the largest remainders, and of equal ones
    to the first.
    """
    amounts = np.asarray(amounts, dtype=float)
    # An amount that is whole but for binary rounding has no remainder.
    near = np.where(np.isclose(amounts, np.rint(amounts), rtol=0, atol=1e-9), np.rint(amounts), 0)
    amounts = np.where(near > 0, near, amounts)
    whole = np.floor(amounts).astype(np.int64)
    missing = round(float(amounts.sum())) - int(whole.sum())
    remainders = np.round(amounts - whole, 9)
    whole[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return whole
