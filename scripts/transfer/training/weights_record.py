"""Records of stored weights. Does not import torch."""

import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from transfer.errors import UserError
from transfer.files import checksum
from transfer.study.sources import PREFIX


@dataclass(frozen=True)
class WeightsRecord:
    """The content of `resources/weights/<model>.json`, and of what a run leaves beside its own.

    `image_size`, in pixels, is what a run trained at.
    """

    model: str
    library: str
    architecture: str
    weights: str
    source: str
    source_sha256: str
    file: str
    tensors_sha256: str
    image_size: int | None = None


def read_record(path: Path) -> WeightsRecord:
    """Read a record; raises UserError if it is missing or damaged."""
    try:
        return WeightsRecord(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path}: no such weights; download them (rule fetch_weights)") from None
    except (json.JSONDecodeError, TypeError) as error:
        raise UserError(f"{path}: not a record of weights: {error}") from None


def weights_digest(path: str | Path) -> str:
    """Digest of weights in a run's settings: that of the record, or the file's sha256."""
    path = Path(path)
    return read_record(path).tensors_sha256 if path.suffix == ".json" else checksum(path, "sha256")


def weights_name(path: str | Path) -> str:
    """Return what a run's record calls its weights.

    The pinned tag of downloaded weights; `run:` and the run that left them, with the digest of
    the tensors; of a file on this disk, which may be any, its name and sha256. `path` is that of a
    record (`.json`) or of the weights themselves.
    """
    path = Path(path)
    if path.suffix != ".json":
        return f"file: {path.name}, sha256 {checksum(path, 'sha256')}"
    record = read_record(path)
    if record.source.startswith(PREFIX):
        return f"{record.source}, sha256 {record.tensors_sha256}"
    fetched = "://" in record.source
    return record.weights if fetched else f"file: {record.source}, sha256 {record.source_sha256}"


def train_again(path: Path) -> str:
    """The remedy for lost weights of a run, in whose folder `path` is."""
    run = shlex.quote(os.path.normpath(path.with_name("metrics.json")))
    return (
        "This trains the run that leaves them again, and no other:\n"
        f"snakemake --cores 8 --resources gpu=4 --force -- {run}"
    )


def trained_size(path: str | Path) -> int | None:
    """The side in pixels of the images that a run trained its weights at; None for others."""
    path = Path(path)
    return read_record(path).image_size if path.suffix == ".json" else None
