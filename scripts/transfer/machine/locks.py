"""Locks on files, held by the kernel and released when their process ends, however it ends."""

import errno
import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

# Errors of a file system without locks, such as NFS without lockd.
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


def lock(path: str | Path) -> TextIO:
    """A file, created if needed, locked until it is closed; waits for another process's lock.

    Raises OSError, with one of the numbers `WITHOUT_LOCKS`, on a file system without locks.
    """
    return _locked(path, fcntl.LOCK_EX)


def try_lock(path: str | Path) -> TextIO | None:
    """As `lock`, but None if another process holds it."""
    try:
        return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def _locked(path: str | Path, operation: int) -> TextIO:
    file = Path(path).open("a+", encoding="utf-8")  # noqa: SIM115 (its caller closes it)
    try:
        fcntl.flock(file, operation)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def held_alone(folder: Path, busy: str, name: str = ".lock") -> Iterator[bool]:
    """Lock a folder while the block runs; yields whether it had to wait for another process.

    Locks of different `name`, the lock file, are independent. `busy` is printed before waiting. The
    kernel releases the lock when the process ends. On a file system without locks, a warning is
    printed to stderr and the block runs unprotected.
    """
    waited, file = False, None
    try:
        file = try_lock(folder / name)
        if file is None:
            print(busy, flush=True)
            waited, file = True, lock(folder / name)
    except OSError as error:
        if error.errno not in WITHOUT_LOCKS:
            raise
        print(
            f"{folder}: this file system does not support locks ({error.strerror}): make sure that "
            "no second process uses this folder",
            file=sys.stderr,
            flush=True,
        )
    try:
        yield waited
    finally:
        if file is not None:
            file.close()
