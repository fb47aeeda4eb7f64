"""Metrics from a network's scores; what each is called and how it is shown: `transfer.metrics`.

Scores are logits, float `(n, classes)`. Labels are int64 `(n,)`, or zeros and ones
`(n, classes)` where an image has several.
"""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, roc_auc_score

from transfer.errors import UserError
from transfer.metrics import METRICS as TABLE
from transfer.metrics import metric_problem

Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def best_thresholds(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Per class the threshold with the highest F1, float64 `(classes,)`; predict `score >= t`.

    The search is exact: F1 changes only at observed scores, and each distinct score is tried as
    the threshold. Of equally good thresholds the highest is taken, so the fewest positives are
    predicted. A class without positives has F1 zero everywhere and gets infinity: never
    predicted. The paper chooses its thresholds on the very split it reports (Section 4.3).
    """
    thresholds = np.full(scores.shape[1], np.inf)
    for k in range(scores.shape[1]):
        positives = labels[:, k].sum()
        if not positives:
            continue
        order = np.argsort(-scores[:, k], kind="stable")
        ranked = scores[order, k]
        true_positives = np.cumsum(labels[order, k], dtype=np.int64)
        f1 = 2 * true_positives / (np.arange(1, len(ranked) + 1) + positives)
        last_of_equals = np.append(ranked[:-1] != ranked[1:], True)
        f1[~last_of_equals] = -1
        thresholds[k] = ranked[np.argmax(f1)]
    return thresholds


def _accuracy(predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> float:
    return float(accuracy_score(labels, predicted))


def _quadratic_weighted_kappa(
    predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray
) -> float:
    if len(np.union1d(labels, predicted)) == 1:
        return 1.0  # 0 / 0: all images of one grade, and all given that grade
    # Without all grades scikit-learn counts the distance of those that occur by their rank.
    grades = np.arange(scores.shape[1])
    return float(cohen_kappa_score(labels, predicted, labels=grades, weights="quadratic"))


def _macro_f1(predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> float:
    classes = None if labels.ndim == 2 else np.arange(scores.shape[1])
    return float(f1_score(labels, predicted, average="macro", labels=classes, zero_division=0))


def _roc_auc(predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> float:
    if labels.ndim == 2:
        return float(roc_auc_score(labels, scores))
    if scores.shape[1] == 2:
        # The difference of the logits ranks like the softmax, without its saturation.
        return float(roc_auc_score(labels, scores[:, 1] - scores[:, 0]))
    one_hot = labels[:, None] == np.arange(scores.shape[1])
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return float(roc_auc_score(one_hot, exponentials / exponentials.sum(axis=1, keepdims=True)))


def _mean_per_class_accuracy(
    predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray
) -> float:
    """The share of each class's images that are right, averaged over the classes that occur."""
    images = np.bincount(labels, minlength=scores.shape[1])
    right = np.bincount(labels[predicted == labels], minlength=scores.shape[1])
    return float((right[images > 0] / images[images > 0]).mean())


def _mean_average_precision_11(
    predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray
) -> float:
    """Mean over classes of VOC 2007's average precision (Everingham et al. 2010, Section 4.2).

    That is the mean, over the recalls 0, 0.1, ..., 1, of the highest precision at that recall or
    a higher one. Images of equal scores enter together, so that their order does not count. A
    class without positives counts as zero.
    """
    found = np.zeros(scores.shape[1])
    for k in range(scores.shape[1]):
        positives = int(labels[:, k].sum())
        if not positives:
            continue
        order = np.argsort(-scores[:, k], kind="stable")
        ranked = scores[order, k]
        last_of_equals = np.append(ranked[:-1] != ranked[1:], True)
        true_positives = np.cumsum(labels[order, k], dtype=np.int64)[last_of_equals]
        precision = true_positives / (np.flatnonzero(last_of_equals) + 1)
        best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
        # In whole numbers: 3 of 10 is a recall of 0.3, which 0.1 * 3 is not.
        tenths = np.searchsorted(true_positives * 10, np.arange(11) * positives)
        found[k] = best_from_here[tenths].mean()
    return float(found.mean())


METRICS: dict[str, Measure] = {
    "accuracy": _accuracy,
    "quadratic_weighted_kappa": _quadratic_weighted_kappa,
    "macro_f1": _macro_f1,
    "roc_auc": _roc_auc,
    "mean_per_class_accuracy": _mean_per_class_accuracy,
    "mean_average_precision_11": _mean_average_precision_11,
}
# Recorded beside the dataset's own metric, where an image carries one label and where it may carry
# several. To rank the images class by class takes seconds where there are many of both, so what
# does that is recorded as the dataset's own metric alone.
BESIDE: dict[bool, dict[str, Measure]] = {
    False: {
        "accuracy": _accuracy,
        "macro_f1": _macro_f1,
        "mean_per_class_accuracy": _mean_per_class_accuracy,
    },
    True: {"accuracy": _accuracy, "macro_f1": _macro_f1},
}


def check_labels(metric: str, labels: np.ndarray, classes: int, split: str) -> None:
    """Raise UserError where the metric is not defined on these labels, whatever the scores."""
    problem = metric_problem(metric, multilabel=labels.ndim == 2)
    if problem:
        raise UserError(problem)
    if not len(labels):
        raise UserError(
            f"the split '{split}' holds no images: let the recipe's selection_split and "
            "report_split name splits that this dataset has"
        )
    refused = {"roc_auc": (0, 1), "mean_average_precision_11": (0,)}.get(metric, ())
    one_hot = labels if labels.ndim == 2 else labels[:, None] == np.arange(classes)
    for k, share in enumerate(one_hot.mean(axis=0)):
        if share in refused:
            raise UserError(
                f"{TABLE[metric].label} is not defined on the split '{split}': of class {k} it "
                f"holds {'every image' if share else 'none'}"
            )


def predict(
    scores: np.ndarray, labels: np.ndarray, thresholds: np.ndarray | None = None
) -> np.ndarray:
    """Labels by scores: the highest, or where an image has several, all with `score >= threshold`.

    Without thresholds that is logit 0, probability one half. `labels` says of which kind they are.
    """
    if labels.ndim == 2:
        return (scores >= (0.0 if thresholds is None else thresholds)).astype(labels.dtype)
    return scores.argmax(axis=1)


def evaluate(
    metric: str, scores: np.ndarray, labels: np.ndarray, thresholds: np.ndarray | None = None
) -> dict[str, float]:
    """The dataset's metric and those recorded beside it, as fractions (kappa in [-1, 1]).

    Labels are predicted by `predict`. Where an image has several, accuracy is the share of images
    whose every label is right. Macro F1 counts a class without positives as zero, as scikit-learn
    does. Constant predictions give kappa 0, or 1 where every label is that constant too.
    """
    scores = scores.astype(np.float64)
    predicted = predict(scores, labels, thresholds)
    measures = BESIDE[labels.ndim == 2] | {metric: METRICS[metric]}
    return {name: measure(predicted, labels, scores) for name, measure in measures.items()}
