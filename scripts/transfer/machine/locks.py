"""A lock that allows one process at a time in a folder."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

# Errors of a file system without locks, such as NFS without lockd.
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def held_alone(folder: Path, busy: str, name: str = ".lock") -> Iterator[bool]:
    """Lock a folder while the block runs; yields whether it had to wait for another process.

    Locks of different `name`, the lock file, are independent. `busy` is printed before waiting. The
    kernel releases the lock when the process ends. On a file system without locks, a warning is
    printed to stderr and the block runs unprotected.
    """
    # A soft lock, a mere file, would survive a process killed on another machine.
    lock = FileLock(folder / name, fallback_to_soft=False)
    waited = False
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(busy, flush=True)
            waited = True
            lock.acquire()
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
        lock.release()
