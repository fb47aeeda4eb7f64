"""Helpers for processes that tests start, on every system."""

import psutil


def running(process: int | psutil.Process) -> bool:
    """Whether a process exists and is no zombie; a number that was given out again may be wrong."""
    try:
        found = psutil.Process(process) if isinstance(process, int) else process
        return found.is_running() and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
