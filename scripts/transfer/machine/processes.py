"""Identify a process by id, start time and machine; count the CPU cores it may use."""

import os
import socket
from pathlib import Path

import psutil

# Linux only; elsewhere psutil is used instead.
PROC = Path("/proc")


def machine_id() -> str:
    """An identifier of this boot of this machine and of this container: the scope of process ids.

    The host name on systems without /proc.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def process_start(pid: int) -> int | None:
    """Start time of a process, comparable on one machine only; None if it is not running.

    In kernel ticks since boot or, without /proc, milliseconds since 1970. Together with the process
    id, which is reused, it identifies a process uniquely. A zombie counts as not running.
    """
    if not (PROC / str(os.getpid()) / "stat").exists():
        return _start_by_psutil(pid)
    try:
        # The process name, in parentheses, may itself contain spaces and parentheses.
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _start_by_psutil(pid: int) -> int | None:
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return round(process.create_time() * 1000)
    except psutil.Error:
        return None


def usable_cores() -> int:
    """Number of CPU cores that this process may use: its affinity, or all cores."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
