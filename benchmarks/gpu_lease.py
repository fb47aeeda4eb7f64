"""Lease a slot of the first GPU until a line arrives on stdin; started by `gpu_runs.py`."""

import json
import sys
import time

import gpu_imports  # noqa: F401

from transfer.machine.gpus import SIMULATED
from transfer.machine.leases import leased_gpu


def main() -> None:
    with leased_gpu("cuda:0", int(sys.argv[1])) as lease:
        if lease.gpu is None:
            sys.exit("nvidia-smi lists no GPU")
        start = time.monotonic()
        if not lease.gpu.uuid.startswith(SIMULATED):
            import torch

            if torch.cuda.device_count() != 1:
                sys.exit(f"CUDA sees {torch.cuda.device_count()} GPUs instead of the leased one")
            torch.ones(1000, device="cuda").sum().item()
        print("holding", flush=True)
        sys.stdin.readline()
        record = {"gpu": lease.gpu.uuid, "start": start, "end": time.monotonic()}
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
