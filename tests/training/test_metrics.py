import numpy as np
import pytest
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    precision_recall_curve,
    roc_auc_score,
)

from transfer.errors import UserError
from transfer.training.metrics import best_thresholds, check_labels, evaluate


def one_hot(predicted, classes):
    return np.eye(classes)[predicted] * 5


def test_accuracy_by_hand():
    scores = one_hot([0, 1, 2, 2], 3)
    assert evaluate("accuracy", scores, np.array([0, 1, 1, 2]))["accuracy"] == 0.75


def test_kappa_by_hand():
    # Grades 0-2; one image of four is off by two grades: 1 - (4 / 4) / (22 / 16) = 3 / 11.
    labels, predicted = np.array([0, 0, 1, 2]), np.array([0, 2, 1, 2])
    observed = 4 / 4
    expected = np.mean([(a - b) ** 2 for a in labels for b in predicted])
    got = evaluate("quadratic_weighted_kappa", one_hot(predicted, 3), labels)
    assert got["quadratic_weighted_kappa"] == pytest.approx(1 - observed / expected)
    assert got["accuracy"] == 0.75


def test_kappa_counts_a_grade_that_occurs_nowhere():
    # Grade 2 of 0-4 is in neither: 3 and 1 are two grades apart all the same.
    labels, predicted = np.array([0, 1, 3, 4, 1, 3]), np.array([0, 3, 3, 4, 1, 0])
    observed = np.mean((labels - predicted) ** 2)
    expected = np.mean([(a - b) ** 2 for a in labels for b in predicted])
    got = evaluate("quadratic_weighted_kappa", one_hot(predicted, 5), labels)
    assert got["quadratic_weighted_kappa"] == pytest.approx(1 - observed / expected)


def test_kappa_of_constant_predictions():
    constant = one_hot([1, 1, 1], 3)
    kappa = "quadratic_weighted_kappa"
    assert evaluate(kappa, constant, np.array([0, 1, 2]))[kappa] == 0
    assert evaluate(kappa, constant, np.array([1, 1, 1]))[kappa] == 1


def test_area_under_the_curve_by_hand():
    scores = np.array([[0, 1.0], [0, 3.0], [0, 2.0], [0, 4.0]])
    got = evaluate("roc_auc", scores, np.array([0, 0, 1, 1]))
    assert got["roc_auc"] == 0.75
    # Logits so large that a softmax would tie them all at one.
    assert evaluate("roc_auc", scores * 1e4, np.array([0, 0, 1, 1]))["roc_auc"] == 0.75
    assert evaluate("roc_auc", scores * 0, np.array([0, 0, 1, 1]))["roc_auc"] == 0.5


def test_area_of_several_classes_is_the_mean_over_classes():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = np.mean([roc_auc_score(labels == k, softmax[:, k]) for k in range(3)])
    assert evaluate("roc_auc", scores, labels)["roc_auc"] == pytest.approx(expected)


def test_the_threshold_search_is_exact():
    rng = np.random.default_rng(1)
    scores = np.round(rng.normal(size=(80, 4)), 1)  # with ties
    labels = (rng.random((80, 4)) < [0.5, 0.2, 0.05, 0.9]).astype(np.uint8)
    thresholds = best_thresholds(scores, labels)
    for k in range(4):
        candidates = np.append(np.unique(scores[:, k]), np.inf)
        tried = [f1_score(labels[:, k], scores[:, k] >= t, zero_division=0) for t in candidates]
        found = f1_score(labels[:, k], scores[:, k] >= thresholds[k], zero_division=0)
        assert found == max(tried)
        assert thresholds[k] == candidates[np.flatnonzero(np.equal(tried, max(tried)))[-1]]


def test_macro_f1_with_thresholds_and_at_one_half():
    scores = np.array([[2.0, -3.0], [1.0, -1.0], [-1.0, -2.0]])
    labels = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.uint8)
    thresholds = best_thresholds(scores, labels)
    assert thresholds.tolist() == [2.0, -1.0]
    assert evaluate("macro_f1", scores, labels, thresholds) == {"accuracy": 1.0, "macro_f1": 1.0}
    half = evaluate("macro_f1", scores, labels)
    assert half["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert half["accuracy"] == pytest.approx(2 / 3)


def test_mean_per_class_accuracy_by_hand():
    # Of three images of class 0 one is right, of the one of class 1 all, of class 3 none.
    labels, predicted = np.array([0, 0, 0, 1, 3]), np.array([0, 1, 2, 1, 0])
    got = evaluate("mean_per_class_accuracy", one_hot(predicted, 5), labels)
    assert got["mean_per_class_accuracy"] == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert got["accuracy"] == pytest.approx(2 / 5)


def test_mean_per_class_accuracy_is_scikit_learns_balanced_accuracy():
    rng = np.random.default_rng(3)
    scores, labels = rng.normal(size=(200, 7)), rng.choice(7, 200, p=[0.4, *[0.1] * 6])
    expected = balanced_accuracy_score(labels, scores.argmax(axis=1))
    got = evaluate("mean_per_class_accuracy", scores, labels)["mean_per_class_accuracy"]
    assert got == pytest.approx(expected)


def average_precision_11(scores, labels):
    return evaluate("mean_average_precision_11", scores, labels)["mean_average_precision_11"]


def test_11_point_average_precision_by_hand():
    # Ranked: right, wrong, right, wrong. Precision 1 up to recall 0.5 (six points), then 2 / 3.
    scores, labels = np.array([[4.0], [3.0], [2.0], [1.0]]), np.array([[1], [0], [1], [0]])
    assert average_precision_11(scores, labels) == pytest.approx((6 * 1 + 5 * 2 / 3) / 11)
    # All at once: precision one half at every recall, in whatever order the images are.
    assert average_precision_11(scores * 0, labels) == pytest.approx(0.5)
    # A second class, ranked perfectly.
    both = np.hstack([scores, scores]), np.hstack([labels, [[1], [1], [0], [0]]])
    assert average_precision_11(*both) == pytest.approx(((6 + 10 / 3) / 11 + 1) / 2)


@pytest.mark.parametrize("positives", [3, 10, 37])
def test_11_point_average_precision_is_read_off_scikit_learns_curve(positives):
    """Recalls such as 3 / 10 fall on a point just where rounding would miss it."""
    rng = np.random.default_rng(positives)
    scores, labels = np.round(rng.normal(size=(120, 1)), 1), np.zeros((120, 1), dtype=int)
    labels[rng.choice(120, positives, replace=False)] = 1
    precision, recall, _ = precision_recall_curve(labels[:, 0], scores[:, 0])
    points = [precision[recall >= tenth / 10 - 1e-9].max() for tenth in range(11)]
    # The curve's own last point, precision 1 at recall 0, is of no threshold.
    points[0] = precision[:-1].max()
    assert average_precision_11(scores, labels) == pytest.approx(np.mean(points))


def test_a_class_without_positives_is_never_predicted_and_counts_zero():
    scores = np.array([[2.0, 1.0], [-1.0, 0.5]])
    labels = np.array([[1, 0], [0, 0]], dtype=np.uint8)
    thresholds = best_thresholds(scores, labels)
    assert thresholds[1] == np.inf
    assert evaluate("macro_f1", scores, labels, thresholds)["macro_f1"] == 0.5


@pytest.mark.parametrize(
    ("metric", "labels", "message"),
    [
        ("roc_auc", np.array([0, 0, 0]), "not defined on the split 'val'.*class 0.*every image"),
        ("mean_average_precision_11", np.array([[0, 1], [0, 1]]), "of class 0 it holds none"),
        ("accuracy", np.array([], dtype=int), "'val' holds no images"),
        ("precision", np.array([0]), "computes no precision"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_training(metric, labels, message):
    with pytest.raises(UserError, match=message):
        check_labels(metric, labels, 2, "val")
