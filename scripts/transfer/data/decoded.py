"""The record of what was decoded, by which a change of labels, splits' names or metric keeps it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transfer.data.arrays import ArrayImage
from transfer.data.channels import StackedChannels
from transfer.data.members import FileMember, ReadAs, TarMember, ZipMember
from transfer.data.preparation import Plan, StoredRows
from transfer.data.samples import ImageSource, Sample
from transfer.files import write_json
from transfer.fingerprint import fingerprint_of

DECODED = "decoded.json"
PIXELS = ("store_*", "evaluation")
# Tables, and the records of downloads.
NO_PIXELS = (".csv", ".tsv", ".tab", ".txt", ".json")
CODE = tuple(
    f"transfer.data.{name}"
    for name in (
        *("preparation.decode_samples", "decoding.decode", "members.ReadAs", "members.ZipMember"),
        *("members.FileMember", "members.TarMember", "arrays.ArrayImage"),
        "channels.StackedChannels",
    )
)


@dataclass(frozen=True)
class DecodedFolder:
    """What a target folder holds: the identities of its images in order, and what came of each."""

    images: list[list[Any]]
    outcome: StoredRows

    def outcome_of(self, samples: Sequence[Sample]) -> StoredRows | None:
        """The outcome, if decoding the samples would give the same files; else None."""
        return self.outcome if identities(samples) == self.images else None

    def digests_of(self, samples: Sequence[Sample]) -> dict[ImageSource, str]:
        """Digests of the pixels of those samples that were decoded before, by image."""
        known = {
            self.images[row][0]: digest
            for row, digest in zip(self.outcome.rows, self.outcome.digests, strict=True)
        }
        own = {sample.image: identity(sample.image) for sample in samples}
        return {image: known[name] for image, name in own.items() if name in known}


def identities(samples: Sequence[Sample]) -> list[list[Any]]:
    """The identity of each sample's image, and whether it is evaluated."""
    return [[identity(sample.image), sample.split != "train"] for sample in samples]


def identity(image: ImageSource) -> str:
    """Which image it is and how it is read; of a file in a folder, also its size and time."""
    return hashlib.blake2b(repr(_content(image)).encode(), digest_size=8).hexdigest()


def _content(image: object) -> tuple[object, ...]:
    if isinstance(image, ReadAs):
        return (image.reading, *_content(image.member))
    if isinstance(image, StackedChannels):
        return (image.mix, *(_content(part) for part in image.parts))
    if isinstance(image, FileMember):
        return (str(image.path), *_status(image.path))
    if isinstance(image, ZipMember):
        return (image.name, image.member)
    if isinstance(image, TarMember):
        return (image.name, image.offset, image.size)
    if isinstance(image, ArrayImage):
        return (image.name, image.row)
    return (getattr(image, "name", ""),)


def _status(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns)


def basis(plan: Plan, source: Path, path: str | None) -> dict[str, Any]:
    """Everything besides the images that the pixels depend on: code, plan and archives.

    `source` is the folder of the source's files, `path` the folder or archive of a layout.
    """
    files = sorted(source.iterdir()) if source.is_dir() else []
    files += [Path(path)] if path else []
    return {
        "code": fingerprint_of(CODE),
        "plan": json.loads(json.dumps(asdict(plan))),
        "files": [
            [file.name, *_status(file)]
            for file in files
            if file.is_file() and file.suffix.lower() not in NO_PIXELS
        ],
        "versions": {package: version(package) for package in ("numpy", "pillow")},
    }


def write_decoded(
    folder: Path, based_on: dict[str, Any], samples: Sequence[Sample], outcome: StoredRows
) -> None:
    """Write the record beside the pixels in `folder`, with the sizes of their files."""
    content = {
        **based_on,
        "pixels": _sizes(folder),
        "images": identities(samples),
        "outcome": asdict(outcome),
    }
    write_json(folder / DECODED, content)


def read_decoded(folder: Path, based_on: dict[str, Any]) -> DecodedFolder | None:
    """The record of a prepared dataset; None if it is damaged or decoded from something else."""
    try:
        content = json.loads((folder / DECODED).read_text(encoding="utf-8"))
        outcome = content["outcome"]
        outcome["problems"] = {int(row): said for row, said in outcome["problems"].items()}
        same = all(content[key] == value for key, value in based_on.items())
        if not same or content["pixels"] != _sizes(folder):
            return None
        return DecodedFolder(content["images"], StoredRows(**outcome))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sizes(folder: Path) -> dict[str, int]:
    files = (file for pattern in PIXELS for file in folder.glob(f"{pattern}/*"))
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(files)}
