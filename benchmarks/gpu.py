"""Check correctness, robustness and speed of training on a GPU.

Checks print yes or NO: crops and one training step agree with the CPU; an interrupted run resumes
bit for bit; a run that is out of memory adapts and finishes; two processes lease different slots.
Speeds are images/s of six models, compared with the authors' loop and with the bare step, and as a
share of the GPU's peak arithmetic.

Needs only torch, torchvision, timm and the usual scientific packages: no Snakemake, no network.
`python benchmarks/gpu.py --device cpu --quick` runs the same code on a machine without a GPU.
"""

import argparse
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch
from gpu_agreement import crops_agree, steps_agree
from gpu_runs import gives_way, leases_share, resumes
from gpu_setup import write_dataset
from gpu_speed import MODELS, full_plan, quick_plan, speeds

from transfer.command_line import run
from transfer.machine.processes import usable_cores
from transfer.training.device import choose_device, prepare


def header(device: torch.device) -> str:
    """Machine, software and time."""
    words = [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"]
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(device)
        words.append(f"{found.name}, {found.total_memory / 2**30:.0f} GiB")
    words += [
        f"{platform.machine()}, {usable_cores()} cores",
        f"torch {torch.__version__}, Python {platform.python_version()}",
    ]
    return "; ".join(words)


def passes(title: str, check: Callable[[], bool | None]) -> bool:
    """Run a check and print its result; an exception counts as NO and does not stop the others."""
    print(title, flush=True)
    try:
        good = check()
    except Exception:
        traceback.print_exc(file=sys.stdout)
        good = False
    print(f"  {'not checked' if good is None else 'yes' if good else 'NO'}", flush=True)
    return good is not False


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="tiny, to try the benchmark itself")
    parser.add_argument("--part", choices=("all", "checks", "speed"), default="all")
    parser.add_argument("--models", help="some of the models, with commas between them")
    args = parser.parse_args()
    # Read by cuBLAS at start-up and required for determinism. cuBLAS uses the same amount of memory
    # by default on recent GPUs, so speeds are not affected.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = choose_device(args.device)
    # One thread is faster than two at tiny sizes, and less sensitive to other load.
    prepare(device, 1 if args.quick else None)
    models: tuple[tuple[str, int | None], ...] = (
        (("mobilenet_v3_small", 32),) if args.quick else MODELS
    )
    names = tuple(dict.fromkeys(name for name, _ in models))
    if args.models:
        chosen = set(args.models.split(","))
        if unknown := chosen - set(names):
            parser.error(f"--models: {', '.join(sorted(unknown))} not among {', '.join(names)}")
        models = tuple(pair for pair in models if pair[0] in chosen)
        names = tuple(name for name in names if name in chosen)
    print(header(device), flush=True)
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        counts = {"train": 96 if args.quick else 480, "val": 32}
        small = write_dataset(folder / "small", counts, (70, 90), 32)
        checks = {
            "stored pixels and crops are the CPU's": lambda: crops_agree(small, device),
            "logits and gradients of one step are the CPU's": lambda: steps_agree(
                names, 32 if args.quick else None, device
            ),
            "a run stopped in mid-epoch resumes bit for bit": lambda: resumes(
                small, device, folder
            ),
            "a run out of memory gives way and finishes": lambda: gives_way(small, device, folder),
            "processes lease different places and wait for one": lambda: leases_share(
                device, folder
            ),
        }
        if args.part != "speed":
            failed = [title for title, check in checks.items() if not passes(title, check)]
        if args.part != "checks":
            plan = quick_plan() if args.quick else full_plan()
            if not passes(
                "speed, every model trains", lambda: speeds(models, device, plan, folder)
            ):
                failed.append("speed")
    if failed:
        sys.exit(f"failed: {'; '.join(failed)}")


if __name__ == "__main__":
    run(main)
