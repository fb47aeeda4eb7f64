"""The table of metrics agrees with the functions that compute them."""

import numpy as np
import pytest

from transfer import metrics
from transfer.errors import UserError
from transfer.training.metrics import BESIDE, METRICS, check_labels, evaluate

SEVERAL = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])


def test_every_metric_has_a_function():
    assert set(metrics.METRICS) == set(METRICS)


@pytest.mark.parametrize("multilabel", [False, True])
def test_those_recorded_beside_are_those_that_the_table_says(multilabel):
    said = {k for k, m in metrics.METRICS.items() if m.beside and m.defined(multilabel)}
    assert set(BESIDE[multilabel]) == said
    assert all(METRICS[name] is function for name, function in BESIDE[multilabel].items())


@pytest.mark.parametrize("metric", metrics.METRICS)
@pytest.mark.parametrize("labels", [SEVERAL[:, 1], SEVERAL], ids=["one", "several"])
def test_a_metric_is_refused_on_labels_that_it_is_not_defined_on(metric, labels):
    if metrics.METRICS[metric].defined(labels.ndim == 2):
        check_labels(metric, labels, 2, "val")
        rng = np.random.default_rng(0)
        found = evaluate(metric, rng.normal(size=(4, 2)), labels)
        assert metrics.METRICS[metric].lowest <= found[metric] <= 1
    else:
        with pytest.raises(UserError, match=r"labels? per image"):
            check_labels(metric, labels, 2, "val")
