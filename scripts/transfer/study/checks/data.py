"""Datasets of a study that could not be prepared as they say, or whose metric nothing computes."""

from collections.abc import Iterator, Mapping

from transfer.data.dataset import Dataset
from transfer.data.expected_splits import published_splits
from transfer.study.study import Part
from transfer.training.metric_names import METRIC_NAMES, OF_ONE_LABEL


def data_problems(where: str, part: Part, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    """Problems of the datasets of a part, whatever its recipe."""
    for dataset in part.datasets:
        for problem in (*metric_problems(datasets[dataset]), *split_problems(datasets[dataset])):
            yield f"{where}.datasets: '{dataset}' in config/datasets.yaml: {problem}"


def metric_problems(dataset: Dataset) -> Iterator[str]:
    """Whether training computes the metric, on labels such as the dataset's."""
    metric = dataset.metric
    if metric not in METRIC_NAMES:
        yield f"metric: training computes no {metric}, but {', '.join(METRIC_NAMES)}"
    if metric in OF_ONE_LABEL and dataset.multilabel:
        yield f"metric: {metric} needs one label per image, and multilabel is true"


def split_problems(dataset: Dataset) -> Iterator[str]:
    """Whether the files hold what the split method reads from them."""
    layout, method = dataset.layout, dataset.split["method"]
    if method == "listed" and published_splits(layout) == ():
        column = ", or name the column of splits" if layout["kind"] == "csv" else ""
        yield (
            f"split: layout '{layout['kind']}' publishes no splits that method 'listed' could "
            f"read; choose a method that draws them{column}"
        )
    if method == "folds" and "fold" not in layout:
        yield (
            "split: method 'folds' needs a column of folds: `fold` under a layout of kind 'table'"
        )
