"""Predictors from features: against their authors' formulas, written out, and other libraries."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.covariance import LedoitWolf
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from transfer.statistics.predictors.h_score import h_score, ledoit_wolf
from transfer.statistics.predictors.logistic import logistic_accuracy, logistic_regression
from transfer.statistics.predictors.logme import logme
from transfer.statistics.predictors.neighbours import knn_accuracy


def classes_in_noise(n: int, d: int, classes: int, seed: int, apart: float = 1.0):
    """Features like a network's, not negative, of classes that lie `apart`; and labels."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, d)) * apart
    labels = np.arange(n) % classes
    spread = rng.normal(size=(d, d)) / np.sqrt(d)
    return np.maximum(centres[labels] + rng.normal(size=(n, d)) @ spread + 0.5, 0), labels


def plain_logme(features: np.ndarray, labels: np.ndarray) -> float:
    """The paper's formulas with its matrices: equations 3 to 5 of You et al. 2021."""
    n, d = features.shape
    found = []
    for k in np.unique(labels):
        y = (labels == k).astype(float)
        alpha = beta = 1.0
        for _ in range(11):
            a = alpha * np.eye(d) + beta * features.T @ features
            m = beta * np.linalg.solve(a, features.T @ y)
            gamma = np.trace(beta * features.T @ features @ np.linalg.inv(a))
            used = alpha / beta
            alpha = gamma / (m @ m + 1e-5)
            beta = (n - gamma) / (((features @ m - y) ** 2).sum() + 1e-5)
            if abs(alpha / beta - used) / used <= 1e-3:
                break
        a = alpha * np.eye(d) + beta * features.T @ features
        evidence = (
            n / 2 * np.log(beta) + d / 2 * np.log(alpha) - n / 2 * np.log(2 * np.pi)
            - beta / 2 * ((features @ m - y) ** 2).sum() - alpha / 2 * m @ m
            - np.linalg.slogdet(a)[1] / 2
        )  # fmt: skip
        found.append(evidence / n)
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("n", "d", "classes"), [(200, 12, 3), (150, 30, 5), (40, 60, 4), (50, 50, 2)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_logme_is_its_authors_formula(n, d, classes, seed):
    features, labels = classes_in_noise(n, d, classes, seed)
    assert logme(features, labels) == pytest.approx(plain_logme(features, labels), abs=1e-6)


def test_logme_is_nearly_the_evidence_at_its_maximum():
    """The marginal likelihood of the targets themselves, over a grid of both precisions."""
    features, labels = classes_in_noise(60, 5, 2, seed=3)
    best = []
    for k in (0, 1):
        y = (labels == k).astype(float)
        best.append(
            max(
                multivariate_normal(
                    np.zeros(60), features @ features.T / alpha + np.eye(60) / beta
                ).logpdf(y)
                for alpha in np.geomspace(0.1, 1000, 60)
                for beta in np.geomspace(1, 1000, 60)
            )
            / 60
        )
    assert logme(features, labels) == pytest.approx(np.mean(best), abs=2e-3)


@pytest.mark.parametrize(("n", "d", "classes"), [(200, 12, 3), (150, 30, 5), (400, 5, 2)])
def test_h_score_is_its_authors_formula(n, d, classes):
    features, labels = classes_in_noise(n, d, classes, seed=n)
    of_classes = np.zeros_like(features)
    for k in range(classes):
        of_classes[labels == k] = features[labels == k].mean(axis=0)
    expected = np.trace(
        np.linalg.inv(np.cov(features, rowvar=False)) @ np.cov(of_classes, rowvar=False)
    )
    assert h_score(features, labels) == pytest.approx(expected, abs=1e-6)
    assert 0 < h_score(features, labels) <= classes - 1


@pytest.mark.parametrize(("n", "d"), [(200, 12), (40, 100)])
def test_the_shrunk_h_score_is_its_authors_formula(n, d):
    features, labels = classes_in_noise(n, d, 4, seed=5)
    centred = features - features.mean(axis=0)
    fitted = LedoitWolf().fit(centred)
    assert ledoit_wolf(centred) == pytest.approx(fitted.shrinkage_, abs=1e-12)
    means = np.stack([centred[labels == k].mean(axis=0) for k in range(4)])[labels]
    between = means.T @ means / n
    expected = np.trace(np.linalg.inv(fitted.covariance_) @ between) * (1 - fitted.shrinkage_)
    assert h_score(features, labels, "ledoit_wolf") == pytest.approx(expected, abs=1e-6)


def test_neighbours_are_those_of_scikit_learn():
    features, labels = classes_in_noise(300, 20, 5, seed=1, apart=0.4)
    train, rest = slice(0, 200), slice(200, 300)
    theirs = KNeighborsClassifier(
        20, metric="cosine", weights=lambda distance: np.exp((1 - distance) / 0.07)
    ).fit(features[train], labels[train])
    expected = theirs.score(features[rest], labels[rest])
    ours = knn_accuracy(features[train], labels[train], features[rest], labels[rest])
    assert ours == pytest.approx(expected) and 0.3 < ours < 1
    few = knn_accuracy(features[:5], labels[:5], features[rest], labels[rest])
    assert 0 < few < 1


def test_logistic_regression_is_scikit_learns():
    features, labels = classes_in_noise(300, 10, 4, seed=2, apart=0.4)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    weights, biases = logistic_regression(features, labels, 0.01)
    theirs = LogisticRegression(C=1 / (0.01 * 300), tol=1e-9, max_iter=5000).fit(features, labels)
    np.testing.assert_allclose(weights, theirs.coef_.T, atol=1e-4)
    scores = features @ weights + biases
    both = scores - scores.mean(axis=1, keepdims=True)
    other = theirs.decision_function(features)
    np.testing.assert_allclose(both, other - other.mean(axis=1, keepdims=True), atol=1e-3)


def test_the_linear_probe_standardises_and_skips_features_without_variation():
    features, labels = classes_in_noise(240, 8, 3, seed=4)
    train, rest = slice(0, 160), slice(160, 240)
    accuracy = logistic_accuracy(features[train], labels[train], features[rest], labels[rest])
    assert accuracy > 0.8
    scaled = np.hstack([features * 1e4 + 7, np.full((240, 1), 3.0)])
    assert accuracy == logistic_accuracy(scaled[train], labels[train], scaled[rest], labels[rest])


@pytest.mark.parametrize(
    "score",
    [
        logme,
        h_score,
        lambda f, y: h_score(f, y, "ledoit_wolf"),
        lambda f, y: knn_accuracy(f[::2], y[::2], f[1::2], y[1::2]),
        lambda f, y: logistic_accuracy(f[::2], y[::2], f[1::2], y[1::2]),
    ],
)
def test_every_predictor_prefers_separated_classes_whatever_they_are_called(score):
    near, labels = classes_in_noise(400, 16, 5, seed=7, apart=0.1)
    far, _ = classes_in_noise(400, 16, 5, seed=7, apart=1.0)
    assert score(far, labels) > score(near, labels)
    assert score(far, labels * 3 + 11) == pytest.approx(score(far, labels))
    rng = np.random.default_rng(0)
    order = np.stack([2 * rng.permutation(200), 2 * rng.permutation(200) + 1], axis=1).ravel()
    assert score(far[order], labels[order]) == pytest.approx(score(far, labels))


@pytest.mark.parametrize(
    ("features", "labels", "message"),
    [
        (np.ones((4, 2, 1)), np.arange(4), r"\(n, d\)"),
        (np.ones((4, 2)), np.ones((4, 3)), r"got \(4, 2\) and \(4, 3\)"),
        (np.ones((4, 2)), np.zeros(4), "two classes"),
        (np.full((4, 2), np.nan), np.arange(4), "not finite"),
    ],
)
def test_what_is_no_classification_is_refused(features, labels, message):
    for predictor in (logme, h_score):
        with pytest.raises(ValueError, match=message):
            predictor(features, labels)
    with pytest.raises(ValueError, match=message):
        knn_accuracy(features, labels, features, labels)
