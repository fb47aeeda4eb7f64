"""A stand-in for a run: leases its GPU as a run does, and records when it had which."""

import os
import sys
import time
from pathlib import Path

from transfer.machine.leases import leased_gpu

number, seconds, output = sys.argv[1:]
started = Path("started")
started.mkdir(exist_ok=True)
with leased_gpu() as lease:
    gpu = lease.gpu.index if lease.gpu else None
    start = time.monotonic()
    (started / f"{number}-{os.getpid()}").touch()
    time.sleep(float(seconds))
    Path(output).write_text(f"{number} {gpu} {lease.chosen_by} {start} {time.monotonic()}\n")
