"""Processes that hold a GPU of a simulated machine."""

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
# Holds a GPU until the given file exists, and reports which GPU it held and when.
HOLDER = """
    import json, os, sys, time
    from pathlib import Path
    from transfer.machine.leases import leased_gpu
    with leased_gpu(runs_per_gpu=int(sys.argv[1])) as lease:
        start = time.monotonic()
        release = Path(sys.argv[2])
        Path(f"{release}-{os.getpid()}").touch()
        while not release.exists():
            time.sleep(0.05)
        seen = os.environ["CUDA_VISIBLE_DEVICES"]
        print(json.dumps([lease.gpu.index, start, time.monotonic(), seen]), flush=True)
"""


def start(release, runs_per_gpu=1):
    code = textwrap.dedent(HOLDER)
    command = [sys.executable, "-c", code, str(runs_per_gpu), str(release)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_holders(release, number):
    """Wait until so many hold a GPU at this moment."""
    for _ in range(600):
        if len(list(release.parent.glob(f"{release.name}-*"))) >= number:
            return
        time.sleep(0.1)
    pytest.fail(f"fewer than {number} hold a GPU")


def held(process):
    """GPU, start, end and CUDA_VISIBLE_DEVICES of a holder that has ended well."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])
