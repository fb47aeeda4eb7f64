"""A metric on counted images is scikit-learn's on the images drawn."""

import numpy as np
import pytest

from transfer.results.predictions import Scored
from transfer.results.resampled import AT_ONCE, drawn_counts, resampled
from transfer.training.metrics import METRICS, predict

IMAGES, RESAMPLES = 90, 12


def scored(classes: int, several: bool, ties: bool) -> Scored:
    generator = np.random.default_rng(classes)
    scores = generator.normal(size=(IMAGES, classes)).round(1 if ties else 9)
    if several:
        labels = (scores + generator.normal(size=scores.shape) > 0.5).astype(np.int64)
        # A class that hardly occurs is missing from some resamples.
        labels[:, 0] = 0
        labels[3, 0] = 1
    else:
        labels = (scores + 2 * generator.normal(size=scores.shape)).argmax(axis=1)
        labels[labels == classes - 1] = 0
        labels[:2] = classes - 1
    ids = np.arange(IMAGES).astype(str)
    return Scored(ids, labels, scores, predict(scores, labels))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(
    ("metric", "classes", "several"),
    [
        ("accuracy", 4, False),
        ("accuracy", 3, True),
        ("macro_f1", 4, False),
        ("macro_f1", 5, True),
        ("quadratic_weighted_kappa", 5, False),
        ("mean_per_class_accuracy", 4, False),
        ("roc_auc", 2, False),
        ("mean_average_precision_11", 3, True),
    ],
)
def test_each_resample_has_the_metric_of_the_images_drawn(metric, classes, several, ties):
    one = scored(classes, several, ties)
    counts = np.vstack(list(drawn_counts(IMAGES, RESAMPLES, seed=3)))
    found = resampled(metric, one, counts)
    for value, count in zip(found, counts, strict=True):
        rows = np.repeat(np.arange(IMAGES), count)
        if metric == "roc_auc" and len(set(one.labels[rows])) < 2:
            assert np.isnan(value)
            continue
        expected = METRICS[metric](one.predicted[rows], one.labels[rows], one.scores[rows])
        assert value == pytest.approx(expected, abs=1e-12)


def test_as_many_images_are_drawn_as_there_are_and_the_same_by_one_seed():
    first, again = (np.vstack(list(drawn_counts(7, AT_ONCE + 5, seed=1))) for _ in range(2))
    assert first.shape == (AT_ONCE + 5, 7) and (first.sum(axis=1) == 7).all()
    assert (first == again).all() and len(np.unique(first, axis=0)) > AT_ONCE // 2


def test_one_grade_alone_is_full_agreement_and_undefined_for_a_curve():
    grades = Scored(np.array(["a"]), np.array([1]), np.eye(3)[[1]], np.array([1]))
    assert resampled("quadratic_weighted_kappa", grades, np.array([[4]])) == [1.0]
    pair = Scored(np.array(["a", "b"]), np.array([0, 1]), np.eye(2), np.array([0, 1]))
    found = resampled("roc_auc", pair, np.array([[2, 0], [1, 1]]))
    assert np.isnan(found[0]) and found[1] == 1.0
