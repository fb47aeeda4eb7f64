"""Records of downloaded files, kept beside them.

Read whenever the workflow starts, also on machines without the packages needed for training.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from transfer.files import write_json

BY_HAND = "placed by hand"
# Bytes at either end of a file that distinguish it from another file of the same size.
END = 65536


@dataclass(frozen=True)
class Record:
    """Record of an existing file.

    `source` is its URL without secrets; `size` is in bytes; `checksum` is its actual
    `algorithm:hexdigest`, None if not computed; `verified` says whether it matches a published
    checksum and `note`, if not, why. `identity` comes from `identity_of`.
    """

    name: str
    source: str
    size: int
    checksum: str | None
    verified: bool
    note: str
    identity: str = ""


def write_record(path: Path, record: Record) -> None:
    """Write the record of the file at `path`."""
    seen = {"modified_ns": path.stat().st_mtime_ns}
    write_json(_record_path(path), {**asdict(record), **seen})


def read_record(path: Path) -> Record | None:
    """Read the record of the file at `path`; None if there is none or the file has changed."""
    record, modified_ns = _stored(_record_path(path))
    return record if record and _unchanged(path, record, modified_ns) else None


def source_of(path: Path) -> str:
    """Source of the file at `path`: placed by hand unless known to be downloaded."""
    record, _ = _stored(_record_path(path))
    return record.source if record and record.identity == identity_of(path) else BY_HAND


def hand_placed(path: Path, obtained: Path) -> str | None:
    """Identity of a file placed by hand; None for a downloaded file.

    `obtained` is the record kept by the workflow. The result does not change when the file is
    touched, copied to another disk or deleted to save space, with or without its own record.
    """
    record, modified_ns = _stored(_record_path(path))
    if record is None:
        record, modified_ns = _stored(obtained)
    if not path.is_file():
        return record.identity if record and record.source == BY_HAND else None
    if record and _unchanged(path, record, modified_ns):
        identity = record.identity
    else:
        identity = identity_of(path)
    fetched = record and record.source != BY_HAND and identity == record.identity
    return None if fetched else identity


def _stored(file: Path) -> tuple[Record | None, int]:
    """Read a record and the modification time of its file at that time; None if there is none."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        modified_ns = stored.pop("modified_ns", 0)
        return Record(**stored), modified_ns
    except (OSError, ValueError, TypeError, AttributeError):
        return None, 0


def _unchanged(path: Path, record: Record, modified_ns: int) -> bool:
    try:
        now = path.stat()
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns) == (record.size, modified_ns)


def identity_of(path: Path) -> str:
    """Size of a file and a digest of its beginning and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(END))
        file.seek(max(0, size - END))
        digest.update(file.read(END))
    return f"{size} {digest.hexdigest()[:16]}"


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
