"""A lock on Snakemake's working folder, and a check for full disks.

Snakemake's own lock is a file that a killed process leaves behind; every later call then fails
until somebody runs --unlock. This lock is held by the kernel and released with the process.
"""

import os
import shutil
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from transfer.errors import UserError
from transfer.machine.locks import try_lock

# In bytes; less than a log file or a record needs.
FULL = 1_000_000
# Kept open, and so locked, until the process ends.
_held: list[TextIO] = []


def claim(folder: str | Path) -> None:
    """Lock a folder for this process; raises UserError naming the process that holds the lock."""
    path = Path(folder) / ".snakemake" / "working"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = try_lock(path)
    except OSError as error:
        print(
            f"{path.parent}: this file system does not support locks ({error.strerror}): make sure "
            "that no second Snakemake is started in this folder",
            file=sys.stderr,
        )
        return
    if file is None:
        holder = path.read_text(encoding="utf-8").strip() or "another process"
        raise UserError(
            f"Snakemake is already running in this folder ({holder}). Wait for it or stop it; "
            "scripts/status.py shows its progress."
        )
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held.append(file)


def full_disks(folders: Iterable[str | Path]) -> list[str]:
    """A message for each folder whose disk is full.

    The logs of the jobs that failed are on the same disk and therefore do not mention it.
    """
    sentences = []
    for folder in map(Path, folders):
        if folder.exists() and (free := shutil.disk_usage(folder).free) < FULL:
            sentences.append(
                f"No space left on device: {folder} has {free:,} bytes free. Free some space, or "
                "replace the folder by a link to a larger disk, and run the same command again."
            )
    return sentences
