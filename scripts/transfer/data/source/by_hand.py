"""Files that only a person can get, and that are not there yet: known before any work starts."""

from collections.abc import Iterable
from pathlib import Path

from transfer.data.dataset import Dataset


def to_place(dataset: Dataset, downloads: Path, made: Iterable[Path]) -> tuple[str, ...]:
    """Names of the files that a person must place before a dataset's distance can be computed.

    `downloads` is the folder of the dataset's files. None of them are asked for where all of
    `made`, which the distance is computed from, was made before.
    """
    if all(path.is_file() for path in made):
        return ()
    return tuple(
        file.name
        for file in dataset.files
        if file.kind == "by_hand" and not (downloads / file.name).is_file()
    )
