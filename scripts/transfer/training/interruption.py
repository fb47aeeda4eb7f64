"""A polite request to stop, honoured at the next safe point."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupted(Exception):  # noqa: N818 -- not an error
    """The run was asked to stop; its checkpoint is written."""


class Interruption:
    """Whether a signal has asked to stop, and which one."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def note(self, number: int, frame: object) -> None:
        """Signal handler: only remembers."""
        self.signal = number


@contextmanager
def watch_signals() -> Iterator[Interruption]:
    """Within the block SIGTERM and Ctrl-C are only noted, for the loop to act upon."""
    interruption = Interruption()
    before = {n: signal.signal(n, interruption.note) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
