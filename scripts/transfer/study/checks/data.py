"""Check that datasets can be prepared as specified and that their metrics are computed."""

from collections.abc import Iterator, Mapping

from transfer.data.dataset import Dataset
from transfer.data.expected_splits import published_splits
from transfer.metrics import METRICS, metric_problem
from transfer.study.study import Part, Study


def data_problems(where: str, part: Part, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    """Problems of the datasets of a part, whatever its recipe."""
    for dataset in part.datasets:
        of = datasets[dataset]
        problems = [metric_problem(of.metric, of.multilabel), *split_problems(of)]
        for problem in filter(None, problems):
            yield f"{where}.datasets: '{dataset}' in config/datasets.yaml: {problem}"
        if part.metric(of) != of.metric:
            for problem in other_metric_problems(part.metric(of), of):
                yield f"{where}.metrics: '{dataset}': {problem.removeprefix('metric: ')}"


def other_metric_problems(metric: str, dataset: Dataset) -> Iterator[str]:
    """Whether runs on a dataset record a metric that is not the dataset's own."""
    if problem := metric_problem(metric, dataset.multilabel):
        yield problem
    elif not METRICS[metric].beside:
        yield (
            f"runs record {metric} of datasets alone whose own metric it is, and that of "
            f"'{dataset.id}' is {dataset.metric}: set `metric: {metric}` in config/datasets.yaml, "
            "which prepares and trains it again, or take another metric"
        )


def metric_conflicts(study: Study, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    """Cells that two parts of a study compare by different metrics: each has one row of results."""
    seen: dict[tuple[str, str, str], tuple[str, str]] = {}
    for name, part in study.parts.items():
        for dataset in filter(datasets.__contains__, part.datasets):
            metric = part.metric(datasets[dataset])
            for model in part.models:
                other, theirs = seen.setdefault((dataset, model, part.recipe), (name, metric))
                if theirs != metric:
                    yield (
                        f"parts.{name}.metrics: '{dataset}' is compared by another metric in the "
                        f"part '{other}', with the same recipe and models: give it one metric, or "
                        "make two studies"
                    )


def split_problems(dataset: Dataset) -> Iterator[str]:
    """Check that the files contain what the split method needs."""
    layout, method = dataset.layout, dataset.split["method"]
    if method == "listed" and published_splits(layout) == ():
        column = ", or name the column of splits" if layout["kind"] in ("table", "csv") else ""
        yield (
            f"split: layout '{layout['kind']}' publishes no splits that method 'listed' could "
            f"read; choose a method that draws them{column}"
        )
    if method == "folds" and "fold" not in layout:
        yield (
            "split: method 'folds' needs a column of folds: `fold` under a layout of kind 'table'"
        )
