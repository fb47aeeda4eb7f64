"""Run states counted by model and dataset, and the time left."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

from transfer.progress.states import RunState
from transfer.study.expected import Run

STATES = ("done", "running", "diverged", "failed", "stopped", "waiting")


@dataclass(frozen=True)
class StatusRow:
    """One model on one dataset.

    `counts` is by state; `best` the best value so far, unfinished runs included;
    `images_per_second` the median of its runs; `seconds_left` the GPU time that its runs still
    need, None if unknown; `reckoned` whether that is estimated from speeds measured elsewhere.
    """

    dataset: str
    model: str
    counts: Mapping[str, int]
    best: float | None
    images_per_second: float | None
    seconds_left: float | None
    reckoned: bool = False

    @property
    def expected(self) -> int:
        """Number of all runs."""
        return sum(self.counts.values())


def seconds_per_run(states: Iterable[RunState]) -> float | None:
    """Mean time of a complete run: from finished runs, else from running ones; None if unknown.

    Diverged runs end early and do not count.
    """
    states = list(states)
    done = [s.seconds for s in states if s.state == "done" and s.seconds is not None]
    running = [s.seconds_in_all for s in states if s.seconds_in_all is not None]
    known = done or running
    return fmean(known) if known else None


def _seconds_left(states: list[RunState], reckoned: float | None) -> float | None:
    per_run = seconds_per_run(states)
    if per_run is None:
        per_run = reckoned
    left = 0.0
    for state in states:
        if state.state in ("done", "diverged"):
            continue
        seconds = state.seconds_left if state.seconds_left is not None else per_run
        if seconds is None:
            return None
        left += seconds
    return left


def summarise(
    states: Iterable[RunState], reckon: Callable[[Run], float | None] = lambda run: None
) -> list[StatusRow]:
    """One row per dataset and model, in the order of first appearance.

    `reckon` estimates the seconds of a run where none of the same model and dataset has finished.
    """
    groups: dict[tuple[str, str], list[RunState]] = {}
    for state in states:
        groups.setdefault((state.run.dataset, state.run.model), []).append(state)
    rows = []
    for (dataset, model), group in groups.items():
        values = [s.value for s in group if s.value is not None]
        speeds = [s.images_per_second for s in group if s.images_per_second]
        seconds_left = _seconds_left(group, reckon(group[0].run))
        rows.append(
            StatusRow(
                dataset,
                model,
                Counter(s.state for s in group),
                max(values, default=None),
                median(speeds) if speeds else None,
                seconds_left,
                reckoned=seconds_left is not None and _seconds_left(group, None) is None,
            )
        )
    return rows


def total_left(rows: Iterable[StatusRow]) -> tuple[float, int]:
    """Total GPU time left in seconds, and the number of rows for which it is unknown."""
    left = [row.seconds_left for row in rows]
    return sum(s for s in left if s is not None), sum(s is None for s in left)
