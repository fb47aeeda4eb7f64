"""One Snakemake at a time in a folder; none in the way of the next; a full disk is named.

Snakemake's own lock is a file that a killed process leaves behind, and every later call then
refuses until a person says --unlock. This one is held by the kernel and ends with the process.
"""

import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from transfer.errors import UserError

# Less than a log file or a record needs.
FULL = 1_000_000
# Held until the process ends.
_held: list[TextIO] = []


def claim(folder: str | Path) -> None:
    """Hold a folder for this process; raises UserError naming the process that holds it."""
    path = Path(folder) / ".snakemake" / "working"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise UserError(
            f"Snakemake is at work in this folder already ({holder}). Wait for it or stop it; "
            "scripts/status.py shows how far it is."
        ) from None
    except OSError as error:
        print(
            f"{path.parent}: this file system has no locks ({error.strerror}): see to it that no "
            "second Snakemake is started in this folder",
            file=sys.stderr,
        )
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held.append(file)


def full_disks(folders: Iterable[str | Path]) -> list[str]:
    """A sentence for each folder whose disk is full.

    The logs of the steps that failed for it are on the same disk, and hold no word of it.
    """
    sentences = []
    for folder in map(Path, folders):
        if folder.exists() and (free := shutil.disk_usage(folder).free) < FULL:
            sentences.append(
                f"No space left on device: {folder} has {free:,} bytes free. Free space, or make "
                "the folder a link to a larger disk, and start the same command again."
            )
    return sentences
