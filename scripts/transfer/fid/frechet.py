"""The Fréchet distance between Gaussians, computed from symmetric eigenvalues.

d² = |m1 - m2|² + tr S1 + tr S2 - 2 tr (S1 S2)^½ (Dowson and Landau 1982). For any factorisation
S1 = A Aᵀ and S2 = B Bᵀ, the last trace is the sum of the singular values of Bᵀ A, that is, of the
square roots of the eigenvalues of a symmetric matrix, so the square root of the non-symmetric
product is not needed. The factors are pivoted Cholesky factors, truncated at the numerical rank: a
singular covariance gives a smaller problem instead of eigenvalues that are mere rounding errors,
whose square roots would add up.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigvalsh
from scipy.linalg.blas import dtrmm
from scipy.linalg.lapack import dpstrf

from transfer.errors import UserError

EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Root:
    """A covariance's pivoted Cholesky factor: `S[pivots][:, pivots] = lower lowerᵀ`.

    `lower` is `(d, d)`; only the first `rank` columns of its lower triangle are non-zero.
    `discarded` bounds the trace of the part beyond the rank, and `missing` counts the discarded
    directions that the number of images would have allowed.
    """

    lower: np.ndarray
    pivots: np.ndarray
    rank: int
    discarded: float
    missing: int


@dataclass(frozen=True)
class Reference:
    """One side of many comparisons, with its root computed once."""

    mean: np.ndarray
    trace: float
    norm: float
    root_rows: np.ndarray
    rank: int
    discarded: float
    missing: int


@dataclass(frozen=True)
class Distance:
    """A squared Fréchet distance, as FID is reported, and a bound on its rounding error.

    `error` bounds the rounding error of the calculation, in units of the distance; it does not
    cover sampling error. `rank` and `reference_rank` are the numerical ranks of the two
    covariances.
    """

    value: float
    error: float
    rank: int
    reference_rank: int


def covariance_root(covariance: np.ndarray, n_images: int | None = None) -> Root:
    """Factor a covariance `(d, d)`; `n_images`, if known, limits its true rank to n - 1.

    A pivot below d eps max(diagonal), LAPACK's default, counts as zero. Raises UserError if
    the diagonal has a negative entry.
    """
    size = len(covariance)
    if (np.diagonal(covariance) < 0).any():
        raise UserError("not a covariance: a negative value on its diagonal")
    lower, pivots, rank, _ = dpstrf(covariance.T, lower=1)
    lower[:, rank:] = 0
    tolerance = size * EPSILON * float(np.diagonal(covariance).max(initial=0.0))
    true_rank = size if n_images is None else min(size, n_images - 1)
    return Root(
        lower=lower,
        pivots=pivots - 1,
        rank=int(rank),
        discarded=(size - rank) * tolerance,
        missing=max(true_rank - int(rank), 0),
    )


def prepare_reference(
    mean: np.ndarray, covariance: np.ndarray, n_images: int | None = None
) -> Reference:
    """Prepare one side for any number of distances: `mean` `(d,)`, `covariance` `(d, d)`."""
    root = covariance_root(covariance, n_images)
    # Row k is column k of the root, unpivoted: C order here is the Fortran order of its transpose.
    rows = np.zeros((root.rank, len(mean)))
    rows[:, root.pivots] = np.tril(root.lower)[:, : root.rank].T
    return Reference(
        mean=mean,
        trace=float(np.trace(covariance)),
        norm=float(np.linalg.norm(covariance)),
        root_rows=rows,
        rank=root.rank,
        discarded=root.discarded,
        missing=root.missing,
    )


def _trace_of_root(product: np.ndarray) -> tuple[float, float]:
    """Sum of the singular values of a matrix, and a bound on its rounding error."""
    rows, columns = product.shape
    gram = product @ product.T if rows <= columns else product.T @ product
    eigenvalues = np.maximum(eigvalsh(gram, overwrite_a=True, check_finite=False), 0)
    roots = np.sqrt(eigenvalues)
    # A sum of d terms has a relative error of about sqrt(d) eps. A change eta of an eigenvalue
    # changes its root by at most eta / root, and by at most sqrt(eta) for roots that small.
    relative = np.sqrt(max(product.shape)) * EPSILON
    eta = relative * eigenvalues[-1]
    moved = eta / np.maximum(roots, np.sqrt(eta)) if eta > 0 else np.zeros(1)
    factor_error = relative * len(roots) * roots[-1]
    return float(roots.sum()), float(moved.sum() + factor_error)


def frechet_distance(
    reference: Reference,
    mean: np.ndarray,
    covariance: np.ndarray,
    n_images: int | None = None,
) -> Distance:
    """Compute the distance of a Gaussian, `mean` `(d,)`, `covariance` `(d, d)`, to the reference.

    Raises UserError if the dimensions differ.
    """
    if mean.shape != reference.mean.shape:
        raise UserError(
            f"features have {len(mean)} dimensions, but the reference has {len(reference.mean)}"
        )
    root = covariance_root(covariance, n_images)
    trace_root, trace_error = 0.0, 0.0
    if root.rank and reference.rank:
        columns = reference.root_rows[:, root.pivots].T
        product = dtrmm(1.0, root.lower, columns, lower=1, trans_a=1, overwrite_b=1)
        trace_root, trace_error = _trace_of_root(product[: root.rank])

    shift = mean - reference.mean
    trace = float(np.trace(covariance))
    positive = float(shift @ shift) + reference.trace + trace
    # Bound on the contribution of a discarded part E of one covariance:
    # tr (S E)^½ <= (k |S| tr E)^½ over the k directions not known to be empty.
    norm = float(np.linalg.norm(covariance))
    discarded = np.sqrt(root.missing * reference.norm * root.discarded)
    discarded += np.sqrt(reference.missing * norm * reference.discarded)
    rounding = np.sqrt(len(mean)) * EPSILON * positive
    return Distance(
        value=positive - 2 * trace_root,
        error=float(rounding + 2 * trace_error + 2 * discarded),
        rank=root.rank,
        reference_rank=reference.rank,
    )
