"""The names that studies are checked with are those of the metrics that are computed."""

import numpy as np
import pytest

from transfer.errors import UserError
from transfer.training.metric_names import METRIC_NAMES, OF_ONE_LABEL
from transfer.training.metrics import METRICS, check_labels


def test_every_metric_has_its_name():
    assert set(METRIC_NAMES) == set(METRICS)


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_those_of_one_label_refuse_several(metric):
    several = np.array([[1, 0], [0, 1]])
    check_labels(metric, several[:, 1], 2, "val")
    if metric in OF_ONE_LABEL:
        with pytest.raises(UserError, match="one label per image"):
            check_labels(metric, several, 2, "val")
    else:
        check_labels(metric, several, 2, "val")
