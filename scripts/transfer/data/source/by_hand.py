"""Files that only a person can get, and that are not there yet: known before any work starts."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from transfer.data.source.files import source_files


def to_place(
    dataset: str,
    block: Mapping[str, Any],
    source: str,
    folders: Collection[str],
    root: Path = Path(),
) -> tuple[str, ...]:
    """Names of the files that a person must place before a dataset's distance can be computed.

    None of them for a dataset among `folders`, whose original images are read from elsewhere, nor
    for one of which all that the distance needs was made before: with `source` `store` its store,
    with `originals` its Inception statistics as well. `root` is the folder of the checkout.
    """
    if dataset in folders:
        return ()
    made = [root / "results/data" / dataset / "index.csv"]
    if source == "originals":
        made.append(root / "results/fid/statistics" / f"{dataset}.npz")
    if all(path.is_file() for path in made):
        return ()
    downloads = root / "resources/downloads" / dataset
    return tuple(
        file.name
        for file in source_files(block["source"])
        if file.kind == "by_hand" and not (downloads / file.name).is_file()
    )
