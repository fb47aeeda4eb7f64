"""Names of the metrics that training computes, for whom scikit-learn is too much to import."""

METRIC_NAMES = ("accuracy", "quadratic_weighted_kappa", "macro_f1", "roc_auc")
# Not defined where an image has several labels.
OF_ONE_LABEL = ("quadratic_weighted_kappa",)
