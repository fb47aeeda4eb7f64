"""One process at a time in a folder that several may want."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

# What a file system without locks says of itself, such as NFS without lockd.
WITHOUT_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def held_alone(folder: Path, busy: str, name: str = ".lock") -> Iterator[bool]:
    """Hold a folder while the block runs; yields whether another process was waited for.

    Blocks of another `name`, the lock's file, do not wait for it. `busy` is said on stdout before
    waiting. The kernel frees the lock when the process ends. On a file system without locks a
    line on stderr says so, and the block runs.
    """
    # A file in place of a lock would outlive a process that was killed on another machine.
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
            f"{folder}: this file system has no locks ({error.strerror}): see to it that no "
            "second process works in this folder",
            file=sys.stderr,
            flush=True,
        )
    try:
        yield waited
    finally:
        lock.release()
