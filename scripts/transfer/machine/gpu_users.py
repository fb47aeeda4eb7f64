"""Who uses a GPU besides the runs that have leased it, as nvidia-smi lists them."""

import csv
import os
from pathlib import Path

import psutil

from transfer.errors import UserError
from transfer.machine.gpus import GPU, SIMULATED, TAKE_IN_USE, chosen_by, nvidia_smi

# A process in another container is not listed, but its memory is counted. An idle GPU uses up to a
# few hundred MiB, as does a process that has only just initialised CUDA.
MEMORY_IN_USE = 2**30
# Serves processes that share a GPU and computes nothing itself.
MPS_SERVER = "nvidia-cuda-mps-server"


def other_users(gpu: GPU, ours: set[int]) -> str | None:
    """Describe who uses a GPU besides the processes `ours`; None if nobody does.

    Not checked for a simulated GPU, for one assigned by a scheduler, which may share it on
    purpose, or with TRANSFER_GPUS_IN_USE=take.
    """
    in_use = os.environ.get(TAKE_IN_USE)
    if in_use not in (None, "", "take"):
        raise UserError(f"{TAKE_IN_USE}={in_use}: must be 'take' or empty")
    if in_use or gpu.uuid.startswith(SIMULATED) or chosen_by():
        return None
    processes = _processes(gpu)
    if ours:
        # In a container nvidia-smi may list the host's process ids: a process that cannot be found
        # here may be one of ours, and so may all of the memory.
        known = [pid for pid in processes if pid not in ours and psutil.pid_exists(pid)]
        return ", ".join(processes[pid] for pid in known) or None
    if processes:
        return ", ".join(processes.values())
    query = ["--query-gpu=uuid,memory.used,display_active", "--format=csv,noheader,nounits"]
    for row in _rows(*query, columns=3):
        # A display uses memory, possibly a lot, without computing anything.
        if row[0] == gpu.uuid and row[1].isdigit() and row[2] != "Enabled":
            used = int(row[1]) * 2**20
            if used >= MEMORY_IN_USE:
                return f"{used / 2**30:.1f} GiB of memory by processes that cannot be seen here"
    return None


def _processes(gpu: GPU) -> dict[int, str]:
    """Descriptions of the processes that compute on a GPU, by process id."""
    query = ["--query-compute-apps=gpu_uuid,pid,used_memory,process_name"]
    found = {}
    for uuid, pid, memory, name in _rows(*query, "--format=csv,noheader,nounits", columns=4):
        if uuid != gpu.uuid or not pid.isdigit() or Path(name).name == MPS_SERVER:
            continue
        size = f"{int(memory) / 1024:.1f} GiB" if memory.isdigit() else "memory not stated"
        found[int(pid)] = f"process {pid} ({_owner(int(pid))}{name}, {size})"
    return found


def _rows(*arguments: str, columns: int) -> list[list[str]]:
    """The rows of nvidia-smi's output with so many columns; the last column may contain commas."""
    lines = csv.reader(nvidia_smi(*arguments).splitlines(), quoting=csv.QUOTE_NONE)
    rows = [[*row[: columns - 1], ",".join(row[columns - 1 :])] for row in lines]
    return [[cell.strip() for cell in row] for row in rows if len(row) == columns]


def _owner(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).username()}: "
    except (psutil.Error, KeyError, OSError):
        return ""
