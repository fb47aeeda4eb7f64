"""Folds: a random partition whose unions are subsamples."""

import numpy as np
import pytest

from transfer.fid.frechet import frechet_distance, prepare_reference
from transfer.fid.statistics import Moments
from transfer.fid.subsample import deal_into_folds, jackknife, subsample_curve


def fold_moments(sample: np.ndarray, folds: list[np.ndarray]) -> list[Moments]:
    parts = [Moments(sample.shape[1]) for _ in folds]
    for part, fold in zip(parts, folds, strict=True):
        part.update(sample[fold])
    return parts


def value(reference, sample: np.ndarray) -> float:
    return frechet_distance(reference, sample.mean(0), np.cov(sample, rowvar=False)).value


@pytest.fixture
def reference():
    sample = np.random.default_rng(0).standard_normal((4000, 10))
    return prepare_reference(sample.mean(0), np.cov(sample, rowvar=False))


def test_folds_partition_the_images_and_follow_the_seed() -> None:
    folds = deal_into_folds(103, 8, seed=5)
    assert sorted(np.concatenate(folds)) == list(range(103))
    assert {len(fold) for fold in folds} == {12, 13}
    assert all((np.diff(fold) > 0).all() for fold in folds)
    for one, other in zip(folds, deal_into_folds(103, 8, seed=5), strict=True):
        np.testing.assert_array_equal(one, other)
    drawn = np.concatenate(deal_into_folds(103, 8, seed=5, maximum=20))
    assert len(set(drawn)) == 20
    assert set(drawn) != set(np.concatenate(deal_into_folds(103, 8, seed=6, maximum=20)))


def test_the_curve_ends_at_all_images_and_falls_as_they_grow(reference) -> None:
    sample = np.random.default_rng(1).standard_normal((400, 10))
    folds = deal_into_folds(400, 8, seed=0)
    curve = subsample_curve(fold_moments(sample, folds), reference)
    assert [(p.n_images, p.replicate) for p in curve] == (
        [(50, i) for i in range(8)] + [(100, i) for i in range(4)] + [(200, 0), (200, 1), (400, 0)]
    )
    assert curve[-1].fid == pytest.approx(value(reference, sample), rel=1e-9)
    halves = sample[np.concatenate(folds[4:])]
    assert curve[-2].fid == pytest.approx(value(reference, halves), rel=1e-9)
    # Both are samples of one distribution: the distance is the bias of few images alone.
    means = [np.mean([p.fid for p in curve if p.n_images == n]) for n in (50, 100, 200, 400)]
    assert means == sorted(means, reverse=True)


def test_the_jackknife_is_that_of_the_images(reference) -> None:
    sample = np.random.default_rng(2).standard_normal((120, 10)) * 1.3 + 0.2
    folds = deal_into_folds(120, 6, seed=0)
    found = jackknife(fold_moments(sample, folds), reference)
    left = np.array([value(reference, np.delete(sample, fold, axis=0)) for fold in folds])
    assert found is not None
    assert found.standard_error == pytest.approx(np.sqrt(5 * left.var()), rel=1e-6)
    assert found.bias == pytest.approx(5 * (left.mean() - value(reference, sample)), rel=1e-6)


def test_too_few_images_have_no_jackknife(reference) -> None:
    parts = fold_moments(np.eye(3, 10), deal_into_folds(3, 2, seed=0))
    assert jackknife(parts, reference) is None
