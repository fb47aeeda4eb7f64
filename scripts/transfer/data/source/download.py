"""Download a source file and verify it, or say how to get it."""

import errno
import os
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from transfer.data.archives import is_compressed
from transfer.data.source import kaggle
from transfer.data.source.files import SourceFile
from transfer.data.source.records import Record, identity_of, read_record, source_of, write_record
from transfer.data.source.transfers import (
    Open,
    Patience,
    TransferError,
    discard_partial,
    finish,
    http_opener,
    partial_path,
    transfer,
)
from transfer.errors import UserError
from transfer.files import checksum
from transfer.machine.locks import held_alone

UNPUBLISHED = "nobody published a checksum"
UNASKED = "verify_downloads is false"
# A server may send something else at first, such as a maintenance page or a stale cache entry.
FRESH_TRIES = 2


@dataclass(frozen=True)
class _Origin:
    """A place to download a file from, with the checksum and size expected of it."""

    public: str
    open_at: Open
    checksum: str | None
    size: int | None


def obtain(
    file: SourceFile, folder: Path, verify: bool = True, patience: Patience | None = None
) -> Record:
    """Ensure that a source file is in `folder`; returns its record.

    An existing file is verified against its published checksum and never changed or removed.
    Otherwise it is downloaded, resuming an interrupted transfer. With `verify` false nothing is
    verified, and the record says so. A file that was verified before and has the same size and
    modification time is not read again. Processes that request the same file wait for each other.
    In a read-only folder, files are only verified.

    Raises UserError, naming the remedy, if the file cannot be downloaded or is wrong.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.name
    if os.access(folder, os.W_OK):
        busy = f"{path}: another process is downloading it; waiting for it"
        with held_alone(folder, busy, f".{path.name}.lock"), _disk_explained(path):
            there = path.exists() or path.is_symlink()
            record = _take(file, path, verify) if there else _fetch(file, path, verify, patience)
            discard_partial(path)
            record = replace(record, identity=identity_of(path))
            write_record(path, record)
    elif path.exists():
        record = replace(_take(file, path, verify), identity=identity_of(path))
    else:
        raise UserError(f"{path}: no such file, and {folder} is not writable.")
    if record.note:
        print(f"{path}: not verified: {record.note}", file=sys.stderr)
    return record


@contextmanager
def _disk_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise UserError(
            f"{path}: cannot write to {path.parent}: {error.strerror}. The partial download is "
            "kept. Free some space, or replace the folder by a link to a larger disk, and run this "
            "again."
        ) from None


def _take(file: SourceFile, path: Path, verify: bool) -> Record:
    """Return the record of an existing file, verifying it unless that was done before."""
    if not path.is_file():
        raise UserError(f"{path}: not a file. Remove it, or put the downloaded file there.")
    before = read_record(path)
    source = source_of(path)
    size = path.stat().st_size
    if not verify:
        return Record(file.name, source, size, None, False, UNASKED)
    if before and before.checksum and (not file.checksums or before.checksum in file.checksums):
        note = "" if file.checksums else UNPUBLISHED
        return Record(file.name, source, size, before.checksum, not note, note)
    found = _checksum_of(path, file.checksums)
    if not file.checksums:
        if not _is_archive(path, file.name):
            raise UserError(
                f"{path}: not a complete archive: it is truncated, or a web page was saved "
                f"instead. Delete it and run this again. {_remedy(file, path)}"
            )
        return Record(file.name, source, size, found, False, UNPUBLISHED)
    if found not in file.checksums:
        raise UserError(
            f"{path}: its checksum is {found}, expected {' or '.join(file.checksums)}. The file "
            "is damaged, truncated or a different version: delete it and run this again. "
            f"{_remedy(file, path)} To use it anyway, set verify_downloads to false."
        )
    return Record(file.name, source, size, found, True, "")


def _checksum_of(path: Path, expected: tuple[str, ...]) -> str:
    """Checksum of a file: the expected one that matches, else one by the first algorithm."""
    algorithms = dict.fromkeys(text.partition(":")[0] for text in expected)
    found = [f"{name}:{checksum(path, name)}" for name in algorithms or ("sha256",)]
    return next((text for text in found if text in expected), found[0])


def _is_archive(path: Path, name: str) -> bool:
    """Whether a file looks like the kind of archive that its name implies.

    The best check possible without a checksum; true for names of other files.
    """
    if name.endswith(".zip"):
        return zipfile.is_zipfile(path)
    if name.endswith((".tar.gz", ".tgz")):
        return is_compressed(path)
    return not name.endswith(".tar") or tarfile.is_tarfile(path)


def _origins(file: SourceFile, path: Path) -> list[_Origin]:
    if file.kind in ("kaggle_competition", "kaggle_dataset"):
        opener = kaggle.opener(file, path)
        return [_Origin(kaggle.page(file), opener, file.checksum, file.size)]
    return [
        _Origin(address.public, http_opener(address.url), address.checksum, address.size)
        for address in file.addresses
    ]


def _fetch(file: SourceFile, path: Path, verify: bool, patience: Patience | None) -> Record:
    """Try each origin in turn until one provides the right file."""
    problems = []
    for origin in _origins(file, path):
        try:
            found = _fetch_from(origin, path, verify, patience)
        except TransferError as error:
            problems.append(f"{origin.public}: {error}")
            print(f"{path.name}: {problems[-1]}", file=sys.stderr)
            continue
        note = UNASKED if not verify else UNPUBLISHED if origin.checksum is None else ""
        return Record(file.name, origin.public, path.stat().st_size, found, not note, note)
    if not problems:
        raise UserError(f"{path}: no such file. {_remedy(file, path)}")
    tried = "\n  ".join(problems)
    raise UserError(f"{path}: could not be downloaded:\n  {tried}\n{_remedy(file, path)}")


def _fetch_from(origin: _Origin, path: Path, verify: bool, patience: Patience | None) -> str | None:
    """Transfer from one origin, verify and move into place; returns the checksum.

    Raises TransferError if the origin does not provide the right file.
    """
    partial = partial_path(path)
    size = origin.size if verify else None
    checkable = verify and origin.checksum is not None
    fresh = 0
    while True:
        resumed = transfer(path, origin.public, origin.open_at, patience, size, checkable)
        found = (
            _checksum_of(partial, (origin.checksum,) if origin.checksum else ()) if verify else None
        )
        if checkable and found != origin.checksum:
            problem = f"wrong content: checksum {found}, expected {origin.checksum}"
        elif not checkable and not _is_archive(partial, path.name):
            problem = "wrong content: not a complete archive"
        else:
            break
        discard_partial(path)
        # A resumed file may consist of parts of different versions, which is not a failure.
        fresh += not resumed
        if fresh >= FRESH_TRIES:
            raise TransferError(problem)
        print(f"{path.name}: {problem}; starting over", file=sys.stderr)
    finish(path)
    return found


def _remedy(file: SourceFile, path: Path) -> str:
    page = kaggle.page(file) if file.slug else file.homepage
    steps = f" {file.instructions}" if file.instructions else ""
    return f"Download {file.name} from {page} and place it as {path}.{steps}"
