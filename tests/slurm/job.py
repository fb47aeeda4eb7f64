"""A stand-in for a run: takes its card as a run does, and says when it had which."""

import os
import sys
import time
from pathlib import Path

from transfer.machine.gpus import leased_card

number, seconds, output = sys.argv[1:]
started = Path("started")
started.mkdir(exist_ok=True)
with leased_card() as lease:
    card = lease.card.index if lease.card else None
    start = time.monotonic()
    (started / f"{number}-{os.getpid()}").touch()
    time.sleep(float(seconds))
    Path(output).write_text(f"{number} {card} {lease.chosen_by} {start} {time.monotonic()}\n")
