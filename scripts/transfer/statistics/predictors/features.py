"""Checks that all predictors share."""

import numpy as np


def checked(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features as float64 `(n, d)`, and labels as the numbers 0 to k - 1 of their classes `(n,)`.

    Raises ValueError for other shapes, features that are not finite, or fewer than two classes.
    """
    features, labels = np.asarray(features, dtype=np.float64), np.asarray(labels)
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise ValueError(
            f"features are (n, d) and labels (n,), got {features.shape} and {labels.shape}"
        )
    if not np.isfinite(features).all():
        raise ValueError("features that are not finite")
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError("a predictor of classification needs images of two classes")
    return features, numbers
