"""Interruption of training by signals at the next safe point."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(Exception):  # noqa: N818 -- not an error
    """The run was interrupted; its checkpoint has been written."""


class Interruption:
    """Whether a signal has requested a stop, and which one."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def note(self, number: int, frame: object) -> None:
        """Signal handler that records the signal."""
        self.signal = number


@contextmanager
def watch_signals() -> Iterator[Interruption]:
    """Within the block, only record SIGTERM and Ctrl-C, for the training loop to act upon."""
    interruption = Interruption()
    before = {n: signal.signal(n, interruption.note) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
