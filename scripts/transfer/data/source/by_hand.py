"""Files that must be placed by hand and are still missing."""

from collections.abc import Iterable
from pathlib import Path

from transfer.data.dataset import Dataset


def to_place(dataset: Dataset, downloads: Path, made: Iterable[Path]) -> tuple[str, ...]:
    """Names of the files to place by hand before a dataset's distance can be computed.

    `downloads` is the folder of the dataset's files. Empty if all of `made`, the files from which
    the distance is computed, exist already.
    """
    if all(path.is_file() for path in made):
        return ()
    return tuple(
        file.name
        for file in dataset.files
        if file.kind == "by_hand" and not (downloads / file.name).is_file()
    )
