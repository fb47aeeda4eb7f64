"""The state of every run, read from the files in its folder alone.

No locks are taken and no time stamps compared: a lock would disturb the runs, and neither works
on every network file system.
"""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path

from transfer.study.expected import Run
from transfer.training.report import FILE, is_alive, read_progress

# On a network file system each file costs a round trip; files are read in parallel.
READERS = 16


@dataclass(frozen=True)
class RunState:
    """The state of one run.

    `state` is `done`; `diverged`; `running`; `stopped` (started, but its process has ended or was
    interrupted: it will resume from its checkpoint); `failed`, with `error`; or `waiting` for its
    turn or for a GPU. A run on another machine counts as running until it reports otherwise, since
    its process cannot be seen from here. `seconds` is the total time of a finished run,
    `seconds_left` the estimate of a running one. `device` is what a finished run was trained on: a
    GPU's name, or `x86_64 CPU, 2 threads`.
    """

    run: Run
    state: str
    value: float | None = None
    images_per_second: float | None = None
    images_per_epoch: int | None = None
    seconds: float | None = None
    seconds_left: float | None = None
    seconds_in_all: float | None = None
    here: bool = True
    error: str | None = None
    device: str | None = None

    @property
    def on_cpu(self) -> bool:
        """Whether a finished run was trained without a GPU."""
        return self.device is not None and " CPU" in self.device


@dataclass(frozen=True)
class Metrics:
    """The few values of a `metrics.json` that a state needs; the schema describes them."""

    status: str | None
    value: float | None
    seconds: float | None
    images_per_second: float | None
    images_per_epoch: int | None
    device: str | None


def read_metrics(content: bytes) -> Metrics:
    """Read a `metrics.json`; raises ValueError if it is broken.

    The file is indented by two spaces, so top-level keys can be found at the start of a line
    without parsing the long history. A file with any other formatting is parsed in full.
    """
    values = {}
    names = [field.name for field in fields(Metrics)]
    for key in names:
        mark = f'\n  "{key}": '.encode()
        start = content.find(mark)
        end = content.find(b"\n", start + len(mark))
        if start < 0 or end < 0:
            whole = json.loads(content)
            return Metrics(**{name: whole.get(name) for name in names})
        values[key] = json.loads(content[start + len(mark) : end].rstrip(b","))
    if not content.rstrip().endswith(b"\n}"):
        raise ValueError("the file ends in the middle")
    return Metrics(**values)


def state_of(run: Run, runs: Path) -> RunState:
    """The state of one run below the folder of all runs."""
    folder = run.folder(runs)
    try:
        values = read_metrics((folder / "metrics.json").read_bytes())
    except OSError:
        return _unfinished(run, folder)
    except (ValueError, AttributeError) as error:
        return RunState(run, "failed", error=f"metrics.json cannot be read: {error}")
    return RunState(
        run,
        "diverged" if values.status == "diverged" else "done",
        values.value,
        values.images_per_second,
        values.images_per_epoch,
        values.seconds,
        device=values.device,
    )


def _unfinished(run: Run, folder: Path) -> RunState:
    progress = read_progress(folder / FILE)
    if progress is None:
        return RunState(run, "waiting")
    if progress.state == "failed":
        return RunState(run, "failed", progress.best, error=progress.error)
    alive = is_alive(progress)
    if progress.state == "interrupted" or alive is False:
        return RunState(run, "stopped", progress.best)
    if progress.state == "queued":
        return RunState(run, "waiting", here=alive is True)
    per_epoch, epochs = progress.seconds_per_epoch, progress.epochs
    return RunState(
        run,
        "running",
        progress.best,
        progress.images_per_second,
        seconds_left=progress.seconds_left,
        seconds_in_all=per_epoch * epochs if per_epoch and epochs else None,
        here=alive is True,
    )


def states_of(expected: Iterable[Run], runs: Path) -> list[RunState]:
    """The states of many runs, in their order."""

    def group_states(group: Sequence[Run]) -> list[RunState]:
        # A single check if the model has no runs on this dataset yet.
        if not (runs / group[0].dataset / group[0].model).is_dir():
            return [RunState(run, "waiting") for run in group]
        return [state_of(run, runs) for run in group]

    groups = [list(g) for _, g in groupby(expected, key=lambda run: (run.dataset, run.model))]
    with ThreadPoolExecutor(READERS) as pool:
        return [state for states in pool.map(group_states, groups) for state in states]
