"""Files that only a person can get, and that are not there yet: known before any work starts."""

from collections.abc import Collection
from pathlib import Path

from transfer.data.dataset import Dataset


def to_place(
    dataset: Dataset,
    source: str,
    folders: Collection[str],
    root: Path = Path(),
) -> tuple[str, ...]:
    """Names of the files that a person must place before a dataset's distance can be computed.

    None of them for a dataset among `folders`, whose original images are read from elsewhere, nor
    for one of which all that the distance needs was made before: with `source` `store` its store,
    with `originals` its Inception statistics as well. `root` is the folder of the checkout.
    """
    if dataset.id in folders:
        return ()
    made = [root / "results/data" / dataset.id / "index.csv"]
    if source == "originals":
        made.append(root / "results/fid/statistics" / f"{dataset.id}.npz")
    if all(path.is_file() for path in made):
        return ()
    downloads = root / "resources/downloads" / dataset.id
    return tuple(
        file.name
        for file in dataset.files
        if file.kind == "by_hand" and not (downloads / file.name).is_file()
    )
