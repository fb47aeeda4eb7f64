"""Fingerprint of the code that a run's result depends on. Does not import torch."""

from transfer.fingerprint import fingerprint_of
from transfer.fingerprint.modules import read_module
from transfer.study.augmentation import PLAIN

# Everything that turns data, weights and settings into metrics.json and predictions.
COMPUTING = (
    "transfer.data.store.open_dataset",
    "transfer.training.device.prepare",
    "transfer.training.record.metrics_record",
    "transfer.training.record.write_predictions",
    "transfer.training.run.compute",
)


def training_code(metric: str, method: str, augmentation: str = PLAIN) -> str:
    """The fingerprint of what computes a run by this method on a dataset of this metric.

    `augmentation` is the kind that its recipe states. Adding metrics, methods or kinds does not
    change it.
    """
    return fingerprint_of(COMPUTING, ("accuracy", metric, method, augmentation))


def training_code_now(metric: str, method: str, augmentation: str = PLAIN) -> str:
    """Like `training_code`, for the current content of the files."""
    read_module.cache_clear()
    fingerprint_of.cache_clear()
    return training_code(metric, method, augmentation)
