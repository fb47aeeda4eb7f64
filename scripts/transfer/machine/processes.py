"""Which process is which, by its number, its start and its machine; and the cores it may use."""

import os
import socket
from pathlib import Path

import psutil

# Of Linux; other systems have none, and psutil asks their kernels.
PROC = Path("/proc")


def machine_id() -> str:
    """This machine since it was started, and this container: where a process number counts.

    Without /proc the machine's name.
    """
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{(PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def process_start(pid: int) -> int | None:
    """When a process started, comparable on one machine only; None if it does not run.

    In the kernel's ticks since boot, or without /proc in milliseconds since 1970. With the number
    it names a process for good: numbers are given out again, and a process that has ended but was
    not yet waited for (a zombie) does not run.
    """
    if not (PROC / str(os.getpid()) / "stat").exists():
        return _start_by_psutil(pid)
    try:
        # The name, in brackets, may hold blanks and brackets itself.
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
    """CPU cores that this process may use: all of them where a system binds none to some."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
