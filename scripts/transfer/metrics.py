"""Metrics: how each is called, in which unit it is shown, and of which labels it is defined.

The functions that compute them are in `transfer.training.metrics`, which needs scikit-learn. Every
metric is better where it is higher: training keeps the epoch, and selection the run, with the
highest value.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A metric, a fraction from `lowest` to 1; `percent` says in which unit it is shown.

    `one_label` and `several_labels` say whether it is defined where an image carries one label,
    and where it may carry several; `beside`, whether a run records it beside its dataset's own.
    """

    label: str
    percent: bool = False
    lowest: float = 0.0
    one_label: bool = True
    several_labels: bool = True
    beside: bool = False

    @property
    def axis_label(self) -> str:
        """The label of an axis, with the unit."""
        return f"{self.label} (%)" if self.percent else self.label

    def defined(self, multilabel: bool) -> bool:
        """Whether it is defined on labels of this kind."""
        return self.several_labels if multilabel else self.one_label


METRICS = {
    "accuracy": Metric("Accuracy", percent=True, beside=True),
    "quadratic_weighted_kappa": Metric(
        "Quadratic weighted kappa", lowest=-1.0, several_labels=False
    ),
    "macro_f1": Metric("Macro F1", beside=True),
    "roc_auc": Metric("Area under ROC curve"),
    "mean_per_class_accuracy": Metric(
        "Mean per-class accuracy", percent=True, several_labels=False, beside=True
    ),
    "mean_average_precision_11": Metric("11-point mAP", percent=True, one_label=False),
}


def metric_problem(metric: str, multilabel: bool) -> str:
    """Why a metric cannot be computed on labels of this kind; empty if it can."""
    if metric not in METRICS:
        return f"metric: training computes no {metric}, but {', '.join(METRICS)}"
    if METRICS[metric].defined(multilabel):
        return ""
    needs, said = ("one label", "true") if multilabel else ("several labels", "false")
    return f"metric: {metric} needs {needs} per image, and multilabel is {said}"
