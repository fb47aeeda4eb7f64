"""Gain of pre-training over random weights, by model and dataset, with standard errors."""

from pathlib import Path

from transfer.drawing.tables import Column, Table, decimals
from transfer.results.gains import gains, mean_gains
from transfer.results.table import StudyResults, part_notes

READS = ("results", "predictions")
OPTIONS = {
    # The part that starts from pre-trained weights, and the one that starts from random ones.
    "part": {"type": "string", "format": "part", "default": "main"},
    "random": {"type": "string", "format": "part", "default": "scratch"},
    # Bootstrap resamples of the test images.
    "samples": {"type": "integer", "minimum": 10, "default": 100},
}


def make(
    results: StudyResults, predictions: Path, *, part: str, random: str, samples: int
) -> Table:
    by_dataset = gains(results, part, random)
    seed = results.study.intervals["seed"]
    mean = mean_gains(results, predictions, part, random, samples, seed)
    table = by_dataset.join(mean).rename_axis("model").reset_index()
    sure = int((mean["gain"] > 2 * mean["standard_error"]).sum())
    columns = [
        Column("model", "Model", lambda key: str(results.models.loc[key, "name"])),
        *(Column(key, results.datasets[key].short_name, decimals(3)) for key in by_dataset.columns),
        Column("gain", "Mean", decimals(3)),
        Column("standard_error", "Standard error", decimals(3)),
    ]
    caption = (
        "The metric from pre-trained weights less that from random ones, as fractions. "
        f"{sure} of {len(mean)} models gain more than two standard errors on average over the "
        f"datasets. Standard errors are over the test images alone ({samples} bootstrap resamples, "
        "the same images for both runs), with one training run each."
    )
    return Table(table, columns, caption, part_notes(results, part))
