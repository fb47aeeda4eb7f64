"""The datasets of config/datasets.yaml: source, layout, split and metric."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from transfer.data.source.files import SourceFile, source_files
from transfer.entries import Blocks, Entries, invalid, read_blocks
from transfer.validation import suggest


@dataclass(frozen=True)
class Stated:
    """Stated sizes of a dataset: training rows, evaluation rows, classes.

    `side` is the length of the shorter side in pixels, None if images differ.
    """

    train: int
    evaluated: int
    classes: int
    side: int | None = None


@dataclass(frozen=True)
class Dataset:
    """One block of config/datasets.yaml; `id` is its key, the schema describes each field.

    `homepage` and `files` are its source's. The keys of `layout` and `split` depend on the kind of
    the one and the method of the other. A derived dataset is `like` another, whose images it
    refers to: it has no files, and `sample` says which of the training images are its own.
    """

    id: str
    name: str
    short_name: str
    metric: str
    multilabel: bool
    citation: str
    homepage: str
    files: tuple[SourceFile, ...]
    layout: Mapping[str, Any]
    split: Mapping[str, Any]
    short_sides: tuple[int | str, ...]
    evaluation_sizes: tuple[int, ...]
    note: str = ""
    allow: tuple[str, ...] = ()
    demo: bool = False
    stated: Stated | None = None
    like: str | None = None
    sample: Mapping[str, Any] | None = None

    @property
    def images_of(self) -> str:
        """The dataset that provides the store and the source files."""
        return self.like or self.id

    def store_for(self, image_size: int) -> int | str:
        """The store for images of a size: the smallest whose crops of 65 % of the area reach it.

        `image_size` is in pixels. Where none is large enough it is the largest.
        """
        needed = image_size / (0.65 * 0.75) ** 0.5
        sides = {side: inf if side == "original" else float(side) for side in self.short_sides}
        enough = [side for side, length in sides.items() if length >= needed]
        return min(enough, key=sides.__getitem__) if enough else max(sides, key=sides.__getitem__)


def dataset_of(id: str, block: Mapping[str, Any]) -> Dataset:
    """Create a dataset from a valid block of config/datasets.yaml."""
    values = dict(block)
    source, stated = values.pop("source"), values.pop("stated", None)
    short_side = values.pop("short_side")
    return Dataset(
        id=id,
        homepage=source["homepage"],
        files=tuple(source_files(source)),
        short_sides=tuple(short_side) if isinstance(short_side, list) else (short_side,),
        evaluation_sizes=tuple(values.pop("evaluation_sizes")),
        stated=Stated(**stated) if stated else None,
        allow=tuple(values.pop("allow", ())),
        **values,
    )


def read_datasets(path: str | Path) -> Entries[Dataset]:
    """Read all datasets of `config/datasets.yaml` by key, leaving out invalid blocks.

    Raises UserError for a file that is not YAML.
    """
    blocks = read_blocks(path, "datasets")
    broken = dict(blocks.broken)
    for id, block in blocks.valid.items():
        if problem := "\n".join(_like_problems(id, block, blocks)):
            broken[id] = "\n".join(f"{path}: {line}" for line in problem.splitlines())
    valid = {
        id: dataset_of(id, _whole(block, blocks.valid))
        for id, block in blocks.valid.items()
        if id not in broken
    }
    return Entries("dataset", path, valid, broken)


def _like_problems(id: str, block: Mapping[str, Any], blocks: Blocks) -> Iterator[str]:
    like = block.get("like")
    if like is None:
        return
    if like in blocks.broken:
        yield from invalid(f"{id}.like", like, blocks.broken)
    elif like not in blocks.valid:
        yield f"{id}.like: no dataset '{like}' ({suggest(like, list(blocks.valid))})"
    elif first := blocks.valid[like].get("like"):
        yield f"{id}.like: '{like}' has no images of its own: name '{first}', whose images it takes"


def _whole(block: Mapping[str, Any], blocks: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Complete the block of a derived dataset with what it shares with the other dataset."""
    if "like" not in block:
        return dict(block)
    other = dict(blocks[block["like"]])
    other["source"] = other["source"] | {"files": []}
    for own in ("demo", "stated"):
        other.pop(own, None)
    return {**other, **block}


def preparation_settings(dataset: Dataset) -> dict[str, Any]:
    """Everything that preparation depends on, JSON-compatible: not names or URLs."""
    one, *more = dataset.short_sides
    allowed = {"allow": list(dataset.allow)} if dataset.allow else {}
    return {
        **allowed,
        "metric": dataset.metric,
        "multilabel": dataset.multilabel,
        "layout": dict(dataset.layout),
        "split": dict(dataset.split),
        "note": dataset.note,
        # A single value as written in the file, so that existing preparations remain valid.
        "short_side": list(dataset.short_sides) if more else one,
        "evaluation_sizes": list(dataset.evaluation_sizes),
    }
