"""Compute mean and covariance of features in one pass; read and write them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.linalg.blas import dsyrk

from transfer.errors import UserError
from transfer.files import atomic_path


class Moments:
    """Number, mean and centred second moment of vectors, updated block by block in float64.

    Each block is centred on its own mean before it is squared, and blocks are combined as in Chan,
    Golub and LeVeque (1983), which avoids cancellation however far the mean is from 0. `scatter` is
    the sum of outer products of centred vectors; only its upper triangle is kept.
    """

    def __init__(self, size: int):
        self.n = 0
        self.mean = np.zeros(size)
        self.scatter = np.zeros((size, size), order="F")

    def update(self, block: np.ndarray) -> None:
        """Add vectors, `(b, size)`, any float type. Raises ValueError if one is not finite."""
        block = np.asarray(block, dtype=np.float64)
        if not len(block):
            return
        if not np.isfinite(block).all():
            raise ValueError("features are not finite")
        mean = block.mean(axis=0)
        self._join(len(block), mean, block - mean)

    def merge(self, other: "Moments") -> None:
        """Add the vectors of another accumulation; merging is order-independent."""
        if other.n:
            self.scatter += other.scatter
            self._join(other.n, other.mean, np.empty((0, len(self.mean))))

    def _join(self, n: int, mean: np.ndarray, centred: np.ndarray) -> None:
        total = self.n + n
        shift = mean - self.mean
        # The difference of the means acts as one more centred vector of weight n1 n2 / (n1 + n2).
        rows = np.vstack([centred, shift * np.sqrt(self.n * n / total)])
        self.scatter = dsyrk(1.0, rows.T, beta=1.0, c=self.scatter, overwrite_c=1)
        self.mean += shift * (n / total)
        self.n = total

    def covariance(self) -> np.ndarray:
        """Unbiased covariance, float64 `(size, size)`, symmetric; needs at least two vectors."""
        if self.n < 2:
            raise UserError(f"a covariance needs at least 2 images, got {self.n}")
        upper = np.triu(self.scatter) / (self.n - 1)
        return upper + np.triu(upper, 1).T


def merged(parts: Iterable[Moments]) -> Moments:
    """Combine the moments of all parts."""
    parts = list(parts)
    total = Moments(len(parts[0].mean))
    for part in parts:
        total.merge(part)
    return total


def write_statistics(path: str | Path, mean: np.ndarray, covariance: np.ndarray) -> None:
    """Write `mu` and `sigma` in the format of pytorch-fid's `--save-stats`."""
    with atomic_path(path) as temporary:
        np.savez(temporary, mu=mean, sigma=covariance)


def read_statistics(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Read `mu` `(d,)` and `sigma` `(d, d)` as float64.

    Raises UserError if the file is missing, has another format, or contains non-finite values.
    """
    try:
        with np.load(path) as file:
            mean = np.asarray(file["mu"], dtype=np.float64)
            covariance = np.asarray(file["sigma"], dtype=np.float64)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (BadZipFile, KeyError, ValueError, EOFError, AttributeError) as error:
        raise UserError(f"{path}: no statistics with 'mu' and 'sigma': {error}") from None
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise UserError(f"{path}: shapes {mean.shape} and {covariance.shape} do not match")
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise UserError(f"{path}: contains values that are not finite")
    return mean, covariance


def write_moments(path: str | Path, parts: Sequence[Moments], **extra: object) -> None:
    """Write several accumulations to one `.npz`, triangles packed, along with `extra` values."""
    triangle = np.triu_indices(len(parts[0].mean))
    with atomic_path(path) as temporary:
        np.savez(
            temporary,
            n=np.array([part.n for part in parts]),
            mean=np.stack([part.mean for part in parts]),
            scatter=np.stack([part.scatter[triangle] for part in parts]),
            **{name: np.array(value) for name, value in extra.items()},  # type: ignore[arg-type]
        )


def read_moments(path: str | Path) -> tuple[list[Moments], dict[str, object]]:
    """Read the accumulations and extra values written by `write_moments`."""
    with np.load(path) as file:
        counts, means, packed = file["n"], file["mean"], file["scatter"]
        names = set(file.files) - {"n", "mean", "scatter"}
        extra: dict[str, object] = {name: file[name].item() for name in names}
    triangle = np.triu_indices(means.shape[1])
    parts = []
    for n, mean, values in zip(counts, means, packed, strict=True):
        part = Moments(len(mean))
        part.n = int(n)
        part.mean[:] = mean
        part.scatter[triangle] = values
        parts.append(part)
    return parts, extra
