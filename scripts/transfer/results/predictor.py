"""The horizontal axis of a study: ImageNet top-1, or the accuracy on a source task."""

from collections.abc import Mapping
from dataclasses import dataclass

from transfer.data.dataset import Dataset
from transfer.metrics import METRICS
from transfer.study.study import Study


@dataclass(frozen=True)
class Predictor:
    """Names of the accuracy that serves as predictor of transfer.

    `axis` is the label of an axis without a unit, `accuracy` the name within a sentence, `stated`
    its origin, `short` the distinguishing part of a heading.
    """

    axis: str
    accuracy: str
    stated: str
    short: str


def predictor_of(study: Study, datasets: Mapping[str, Dataset]) -> Predictor:
    """The words for a study's predictor."""
    if study.source_part is None:
        stated = "as published" if study.imagenet_top1 == "published" else "by the library"
        return Predictor("ImageNet top-1", "ImageNet top-1 accuracy", stated, "ImageNet")
    part = study.parts[study.source_part]
    dataset = datasets[part.datasets[0]]
    label = METRICS[part.metric(dataset)].label
    return Predictor(
        f"{label} on {dataset.short_name}",
        f"{label[0].lower()}{label[1:]} on {dataset.name}",
        f"of the runs of recipe {part.recipe}",
        dataset.short_name,
    )
