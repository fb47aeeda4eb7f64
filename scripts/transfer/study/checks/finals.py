"""Check final runs: splits that a dataset lacks, or that are both trained on and reported."""

from collections.abc import Iterator

from transfer.data.dataset import Dataset
from transfer.data.expected_splits import expected_splits
from transfer.study.finals import Final
from transfer.study.settings import NO_SPLIT, Settings


def final_problems(
    dataset: Dataset, recipe: Settings, final: Final, selection: str
) -> Iterator[str]:
    """Problems of final runs; `recipe` are the settings of the runs they are chosen from."""
    settings = final.settings(recipe, final.seeds[0])
    reports = settings.report_split
    if reports in final.train_on:
        yield f"final: trains on the split '{reports}' of '{dataset.id}' and reports it"
    if selection == "honest" and reports == recipe.selection_split:
        yield (
            f"final: reports the split '{reports}' of '{dataset.id}', by which hyperparameters are "
            "chosen, so no selection is honest: set another report_split there, or selection: "
            "as_published in the study"
        )
    splits = expected_splits(dataset)
    for split in dict.fromkeys((*final.train_on, reports)):
        if splits is not None and split not in splits:
            yield (
                f"final: names the split '{split}', which '{dataset.id}' does not have "
                f"({', '.join(splits) or 'none'})"
            )
    searched = dataset.multilabel and settings.thresholds == "searched"
    if searched and settings.selection_split == NO_SPLIT:
        yield (
            f"final: leaves no split of '{dataset.id}' to search thresholds on: set `thresholds: "
            "half`, or `train_on: [train]` under final"
        )
