"""One Snakemake at a time in a folder, and none in the way of the next after it was killed.

Snakemake's own lock is a file that a killed process leaves behind, and every later call then
refuses until a person says --unlock. This one is held by the kernel and ends with the process.
"""

import fcntl
import os
import socket
from pathlib import Path
from typing import TextIO

from transfer.errors import UserError

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
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held.append(file)
