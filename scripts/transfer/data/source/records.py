"""What is known of a downloaded file, remembered beside it.

Read whenever the workflow starts, on machines without the packages that training needs too.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from transfer.files import write_json

BY_HAND = "placed by hand"
# Bytes at either end of a file that tell it from another of the same size.
END = 65536


@dataclass(frozen=True)
class Record:
    """What is known of a file that is there.

    `source` is its address without anything secret; `size` is in bytes; `checksum` is the
    file's own as `algorithm:hexdigest`, None if it was not computed; `verified` says whether
    that is a published one and `note`, if it is not, why. `identity` is of `identity_of`.
    """

    name: str
    source: str
    size: int
    checksum: str | None
    verified: bool
    note: str
    identity: str = ""


def write_record(path: Path, record: Record) -> None:
    """Remember what is known of the file at `path`, which is there."""
    seen = {"modified_ns": path.stat().st_mtime_ns}
    write_json(_record_path(path), {**asdict(record), **seen})


def read_record(path: Path) -> Record | None:
    """What is known of the file at `path`; None if it was never checked or has changed since."""
    record, modified_ns = _stored(_record_path(path))
    return record if record and _unchanged(path, record, modified_ns) else None


def source_of(path: Path) -> str:
    """Where the file at `path` is from; placed by hand, unless it is known to be a fetched one."""
    record, _ = _stored(_record_path(path))
    return record.source if record and record.identity == identity_of(path) else BY_HAND


def hand_placed(path: Path, obtained: Path) -> str | None:
    """The identity of a file that a person placed; None for one that is fetched.

    `obtained` is the record that the workflow keeps. The answer is the same after the file was
    touched, copied to another disk, or deleted for its space, with or without what lies beside it.
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
    """A record, and the time that its file had then; None if there is none."""
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
    """A file's size, and a digest of its beginning and end."""
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(END))
        file.seek(max(0, size - END))
        digest.update(file.read(END))
    return f"{size} {digest.hexdigest()[:16]}"


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
