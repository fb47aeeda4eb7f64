"""The full-size images of a prepared dataset, read from its source files."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.decoding import ImageError
from transfer.data.layouts import read_layout
from transfer.data.members import FileMember, ReadAs
from transfer.data.samples import ImageSource, Sample
from transfer.data.splits import split_samples
from transfer.data.store import GROUPS, PreparedDataset
from transfer.errors import UserError
from transfer.fid.images import chosen_rows

STORE_INSTEAD = "or compare stored images on both sides: `fid: source: store`"


@dataclass(frozen=True)
class OriginalImages:
    """Images of a prepared dataset, each decoded at full size from its source file.

    `ids` are the ids of the images in the index; `prepared_ns` is the time of preparation in
    nanoseconds.
    """

    name: str
    prepared_ns: int
    ids: tuple[str, ...]
    sources: tuple[ImageSource, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def image(self, position: int) -> np.ndarray:
        source = self.sources[position]
        try:
            return np.asarray(source.load())
        except ImageError as error:
            raise UserError(
                f"{self.name}: {source.name}: {error}, but it was readable when the dataset was "
                "prepared. Download the source again."
            ) from None

    def identity(self) -> str:
        # A changed archive is prepared again, but the files of a folder are not monitored.
        digest = hashlib.sha256(str(self.prepared_ns).encode())
        for name, source in zip(self.ids, self.sources, strict=True):
            digest.update(f"{name} {source.name}\n".encode())
            file = source.member if isinstance(source, ReadAs) else source
            if isinstance(file, FileMember):
                status = file.path.stat()
                digest.update(f"{status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


def swaps_channels(dataset: PreparedDataset) -> bool:
    """Whether the stored images have red and blue swapped (`channel_order: bgr`)."""
    return dataset.summary.get("layout", {}).get("channel_order", "rgb") == "bgr"


def holds_originals(dataset: PreparedDataset) -> bool:
    """Whether the store holds every image at full size and in its original colours."""
    if swaps_channels(dataset):
        return False
    side = dataset.short_side
    return side == "original" or bool((dataset.sizes.min(axis=1) < int(side)).all())


@contextmanager
def originals_of(
    prepared: PreparedDataset, dataset: Dataset, downloads: Path, scratch: Path, images: str
) -> Iterator[OriginalImages]:
    """The original images of a split (or `all`) of a prepared dataset.

    `downloads` is the folder of its source files. For a derived dataset, `dataset` and `downloads`
    are those of the dataset that provides its images. Compressed archives are unpacked into
    `scratch`, which exists as long as the context and needs as much space as preparation did.
    Raises UserError if files are missing or do not match the prepared images.
    """
    rows = chosen_rows(prepared, images)
    _check_files(prepared, dataset, downloads)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        sources = _prepared_sources(prepared.like or prepared, dataset, downloads, scratch)
        yield OriginalImages(
            name=prepared.folder.name,
            prepared_ns=prepared.made_ns,
            ids=tuple(prepared.ids[rows]),
            sources=tuple(sources[row] for row in _like_rows(prepared, rows)),
        )
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _like_rows(prepared: PreparedDataset, rows: np.ndarray) -> np.ndarray:
    """Rows of the dataset that was prepared from files, for those of one that may be derived."""
    return rows if prepared.like_rows is None else prepared.like_rows[rows]


def _check_files(prepared: PreparedDataset, dataset: Dataset, downloads: Path) -> None:
    names = [file.name for file in dataset.files]
    missing = [name for name in names if not (downloads / name).is_file()]
    if missing:
        raise UserError(
            f"{downloads}: {', '.join(missing)} missing. The Frechet inception distance needs the "
            f"original images, which the store of {prepared.folder.name} does not contain. Restore "
            "the files, name a folder of the images under `fid: folders:` in config/config.yaml, "
            f"{STORE_INSTEAD}."
        )


def _prepared_sources(
    prepared: PreparedDataset, dataset: Dataset, downloads: Path, scratch: Path
) -> list[ImageSource]:
    """The source of each row of the index, found in the same way as during preparation."""
    listing = read_layout(downloads, scratch, dataset.layout, dataset.multilabel)
    samples = split_samples(_in_groups(listing.samples, prepared), dataset.split)
    left_out = {(entry["id"], entry["file"]) for entry in prepared.summary["bad_images"]}
    samples = [sample for sample in samples if (sample.id, sample.image.name) not in left_out]
    stored = list(zip(prepared.ids, prepared.splits, strict=True))
    if [(sample.id, sample.split) for sample in samples] != stored:
        raise UserError(
            f"{downloads}: its images or splits ({len(samples)} rows) differ from those of "
            f"{prepared.folder}/index.csv ({len(stored)} rows). Prepare the dataset again, "
            f"{STORE_INSTEAD}."
        )
    return [sample.image for sample in samples]


def _in_groups(samples: Sequence[Sample], prepared: PreparedDataset) -> list[Sample]:
    """The samples in the groups of preparation, which knew of equal pixels."""
    if not (prepared.folder / GROUPS).is_file():
        return list(samples)
    table = pd.read_csv(prepared.folder / GROUPS, dtype=str, keep_default_na=False)
    groups = dict(zip(table["id"], table["group"], strict=True))
    return [replace(sample, group=groups.get(sample.id, sample.group)) for sample in samples]
