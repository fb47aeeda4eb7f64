"""The code that a run's result depends on, by its fingerprint. Imports no torch."""

from transfer.fingerprint import fingerprint_of
from transfer.fingerprint.modules import read_module

# All that turns data, weights and settings into metrics.json and predictions.
COMPUTING = (
    "transfer.data.store.open_dataset",
    "transfer.training.device.prepare",
    "transfer.training.record.metrics_record",
    "transfer.training.record.write_predictions",
    "transfer.training.run.compute",
)


def training_code(metric: str, method: str) -> str:
    """The fingerprint of what computes a run by this method on a dataset of this metric.

    Further metrics and methods change nothing of it.
    """
    return fingerprint_of(COMPUTING, ("accuracy", metric, method))


def training_code_now(metric: str, method: str) -> str:
    """As `training_code`, of the files as they are at this moment."""
    read_module.cache_clear()
    fingerprint_of.cache_clear()
    return training_code(metric, method)
