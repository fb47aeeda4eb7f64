"""The distance compared with pytorch-fid, a closed form and 60-digit arithmetic."""

import mpmath
import numpy as np
import pytest
from pytorch_fid.fid_score import calculate_frechet_distance

from transfer.errors import UserError
from transfer.fid.frechet import frechet_distance, prepare_reference


def features(n: int, d: int, seed: int, shift: float = 0.0) -> np.ndarray:
    """Rectified and correlated, as features of a pooling layer are."""
    rng = np.random.default_rng(seed)
    return np.maximum(rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) / 4 + shift, 0)


def moments(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return sample.mean(axis=0), np.cov(sample, rowvar=False)


def high_precision_distance(one: np.ndarray, other: np.ndarray) -> float:
    """The distance of two samples, covariances included, in 60 digits."""
    with mpmath.workdps(60):
        sides = []
        for sample in (one, other):
            rows = mpmath.matrix(sample.tolist())
            n, d = sample.shape
            mean = [mpmath.fsum(rows[:, j]) / n for j in range(d)]
            centred = mpmath.matrix(n, d)
            for i in range(n):
                for j in range(d):
                    centred[i, j] = rows[i, j] - mean[j]
            sides.append((mean, centred.T * centred / (n - 1)))
        (mean1, cov1), (mean2, cov2) = sides
        values, vectors = mpmath.eigsy(cov1)
        root = vectors * mpmath.diag([mpmath.sqrt(max(v, 0)) for v in values])
        product = mpmath.eigsy(root.T * cov2 * root, eigvals_only=True)
        trace_root = mpmath.fsum(mpmath.sqrt(max(v, 0)) for v in product)
        traces = mpmath.fsum(cov1[i, i] + cov2[i, i] for i in range(len(mean1)))
        squares = mpmath.fsum((a - b) ** 2 for a, b in zip(mean1, mean2, strict=True))
        return float(squares + traces - 2 * trace_root)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("n", "d"), [(400, 16), (3000, 96)])
def test_equals_pytorch_fid(n: int, d: int, seed: int) -> None:
    one, other = moments(features(n, d, seed)), moments(features(n, d, seed + 50, shift=0.3))
    ours = frechet_distance(prepare_reference(*one), *other)
    assert ours.value == pytest.approx(calculate_frechet_distance(*one, *other), rel=1e-6)


def test_equals_the_closed_form_of_diagonal_gaussians() -> None:
    rng = np.random.default_rng(1)
    mean1, mean2 = rng.standard_normal((2, 70))
    var1, var2 = rng.uniform(1e-3, 9, (2, 70))
    expected = np.sum((mean1 - mean2) ** 2) + np.sum((np.sqrt(var1) - np.sqrt(var2)) ** 2)
    found = frechet_distance(prepare_reference(mean1, np.diag(var1)), mean2, np.diag(var2))
    assert found.value == pytest.approx(expected, rel=1e-12)
    assert abs(found.value - expected) <= found.error


@pytest.mark.parametrize(("n1", "n2"), [(5, 5), (5, 40), (40, 5), (12, 13), (2, 40), (40, 40)])
def test_agrees_with_high_precision_where_covariances_are_singular(n1: int, n2: int) -> None:
    one, other = features(n1, 12, seed=2), features(n2, 12, seed=3)
    expected = high_precision_distance(one, other)
    found = frechet_distance(prepare_reference(*moments(one), n1), *moments(other), n2)
    assert found.value == pytest.approx(expected, rel=1e-11)
    assert abs(found.value - expected) <= found.error < 1e-6 * expected
    assert found.rank <= n2 - 1
    assert found.reference_rank <= n1 - 1


def test_a_direction_too_small_to_resolve_enters_the_error() -> None:
    variances = np.array([1.0, 1e-18])
    found = frechet_distance(
        prepare_reference(np.zeros(2), np.eye(2)), np.zeros(2), np.diag(variances)
    )
    assert abs(found.value - (1 - 1e-9) ** 2) <= found.error


def test_a_dataset_lies_at_zero_from_itself() -> None:
    mean, covariance = moments(features(300, 40, seed=4))
    found = frechet_distance(prepare_reference(mean, covariance), mean, covariance)
    assert abs(found.value) <= found.error < 1e-9 * np.trace(covariance)


def test_constant_features_leave_the_means_and_the_other_trace() -> None:
    mean, covariance = moments(features(300, 10, seed=5))
    still = np.zeros((10, 10))
    expected = mean @ mean + np.trace(covariance)
    for reference, other in (
        ((mean, covariance), (0 * mean, still)),
        ((0 * mean, still), (mean, covariance)),
    ):
        assert frechet_distance(prepare_reference(*reference), *other).value == pytest.approx(
            expected
        )


def test_inputs_are_left_as_they_were() -> None:
    one, other = moments(features(50, 8, seed=6)), moments(features(50, 8, seed=7))
    before = [array.copy() for array in (*one, *other)]
    reference = prepare_reference(*one)
    first = frechet_distance(reference, *other)
    assert frechet_distance(reference, *other) == first
    for array, copy in zip((*one, *other), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_refuses_what_cannot_be_compared() -> None:
    reference = prepare_reference(np.zeros(3), np.eye(3))
    with pytest.raises(UserError, match="4 dimensions, but the reference has 3"):
        frechet_distance(reference, np.zeros(4), np.eye(4))
    with pytest.raises(UserError, match="negative"):
        frechet_distance(reference, np.zeros(3), np.diag([1.0, -1.0, 1.0]))
