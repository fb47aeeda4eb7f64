"""The configuration of Frechet inception distances, by dataset."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from transfer.data.dataset import Dataset


@dataclass(frozen=True)
class FidOptions:
    """How a dataset's distance is computed; the schema of config.yaml describes each field."""

    source: str
    images: str
    maximum_images: int | None
    resize: str
    weights: str
    reference: str

    @property
    def ready_reference(self) -> bool:
        """Whether the reference is a file of ready-made statistics instead of a dataset."""
        return self.reference.endswith(".npz")


def of_demonstration(dataset: Dataset) -> bool:
    """Whether a dataset belongs to the demo, which has its own options."""
    return dataset.demo


def fid_options(fid: Mapping[str, Any], demonstration: bool = False) -> FidOptions:
    """The options of config `fid`, overridden by `demo` for datasets of the demo."""
    given = {**fid, **fid["demo"]} if demonstration else fid
    return FidOptions(**{field.name: given[field.name] for field in fields(FidOptions)})


def side_to_read(dataset: Dataset, options: FidOptions) -> int | str:
    """The store to read, or to whose size the images of a folder are shrunk."""
    sides = dataset.short_sides
    whole = options.source == "originals" and "original" in sides
    return "original" if whole else sides[0]


def quoted(path: str) -> str:
    """A path for the shell, always in quotes: changing the quoting of a param would re-run jobs."""
    inside = path.replace("'", "'\\''")
    return f"'{inside}'"


def folder_flags(options: FidOptions, folder: str, side: int | str) -> str:
    """Arguments of inception_statistics.py for the images of a folder."""
    flags = f"--source {options.source} --image-folder {quoted(folder)}"
    return flags if options.source == "originals" else f"{flags} --short-side {side}"


def dataset_flags(options: FidOptions, prepared: str, downloads: str, side: int | str) -> str:
    """Arguments of inception_statistics.py for the images of a prepared dataset."""
    return (
        f"--source {options.source} --dataset-folder {prepared} --short-side {side} "
        f"--images {options.images} --downloads {downloads}"
    )


def weights_flags(options: FidOptions, folder: str) -> str:
    """Arguments of inception_statistics.py for the network; `folder` contains its weights."""
    if options.weights == "random":
        return "--weights random"
    return f"--weights inception --weights-folder {folder}"


def reference_flags(statistics: str, summary: str | None) -> str:
    """Arguments of fid.py for the reference; ready-made statistics have no summary."""
    flags = f"--reference-statistics {quoted(statistics)}"
    return f"{flags} --reference-summary {quoted(summary)}" if summary else flags


def without_distance(
    compared: Iterable[str],
    reference_of: Callable[[str], str],
    to_place: Callable[[str], tuple[str, ...]],
) -> dict[str, list[str]]:
    """For each dataset without a distance, the datasets whose files must be placed by hand.

    That is the dataset itself, or its reference. `to_place` names the files of a dataset.
    """
    pairs = {name: (name, reference_of(name)) for name in compared}
    lacking = {name: [one for one in pair if to_place(one)] for name, pair in pairs.items()}
    return {name: lacks for name, lacks in lacking.items() if lacks}


def without_flags(
    without: Mapping[str, list[str]], to_place: Callable[[str], tuple[str, ...]]
) -> str:
    """Arguments of study_fid.py for distances that cannot be computed."""
    if not without:
        return ""
    lacking = dict.fromkeys(one for pair in without.values() for one in pair)
    files = [f"{name}/{file}" for name in lacking for file in to_place(name)]
    return f"--without {' '.join(without)} --to-place {' '.join(files)}"
