"""The progress report of a running training: `progress.json` in its folder.

Written atomically at the start, after every epoch and on failure; deleted once `metrics.json`
exists. It contains no time of day, because clocks jump and differ between machines.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transfer.files import write_json
from transfer.machine.processes import machine_id, process_start

FILE = "progress.json"


@dataclass(frozen=True)
class Progress:
    """One run's state; `workflow/schemas/progress.schema.yaml` describes the fields."""

    state: str
    machine: str
    host: str
    pid: int
    process_start: int
    epoch: int = 0
    epochs: int | None = None
    best: float | None = None
    images_per_second: float | None = None
    seconds_per_epoch: float | None = None
    seconds_left: float | None = None
    gpu: dict[str, Any] | None = None
    error: str | None = None


# Called with the fields of Progress that have changed.
Report = Callable[..., None]


def unreported(**fields: Any) -> None:
    """A report that discards everything."""


def is_alive(progress: Progress) -> bool | None:
    """Whether the run's process is alive; None if it is on another machine and so unknown."""
    if progress.machine != machine_id():
        return None
    return process_start(progress.pid) == progress.process_start


def read_progress(path: str | Path) -> Progress | None:
    """Read the progress of a run; None if it is missing or unreadable."""
    try:
        return Progress(**json.loads(Path(path).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def reported(folder: str | Path) -> Iterator[Report]:
    """Keep a run's `progress.json` while the block runs; yields `report(**fields)`.

    The file is deleted if the block succeeds. If it raises an exception, the state becomes `failed`
    with its message, or `interrupted` for SystemExit and KeyboardInterrupt. If the file cannot be
    written, a warning is printed to stderr: progress is for people, and no result depends on it.
    """
    path = Path(folder) / FILE
    pid = os.getpid()
    current = Progress("running", machine_id(), socket.gethostname(), pid, process_start(pid) or 0)

    def report(**fields: Any) -> None:
        nonlocal current
        current = replace(current, **fields)
        try:
            write_json(path, asdict(current))
        except OSError as error:
            print(f"{path}: not written: {error.strerror}", file=sys.stderr, flush=True)

    report()
    try:
        yield report
    except (SystemExit, KeyboardInterrupt):
        report(state="interrupted")
        raise
    except BaseException as error:
        report(state="failed", error=f"{type(error).__name__}: {error}"[:2000])
        raise
    with suppress(OSError):
        path.unlink()


def run_fields(
    history: list[dict[str, Any]],
    epochs: int,
    best: float | None,
    images_per_second: float,
    part: float = 0.0,
    seconds: float = 0.0,
) -> dict[str, Any]:
    """The fields to report of a run, from entries of `metrics.json`'s history.

    In a run that counts steps, an epoch is what lies between two evaluations. `part` of the next
    one, from 0 to 1, has been trained since, in `seconds`.
    """
    spent = seconds + sum(e["training_seconds"] + e["evaluation_seconds"] for e in history)
    done = len(history) + part
    return {
        "epoch": len(history),
        "epochs": epochs,
        "best": best,
        "images_per_second": images_per_second,
        "seconds_per_epoch": spent / done,
        "seconds_left": spent / done * (epochs - done),
    }
