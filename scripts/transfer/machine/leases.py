"""GPU leases: which GPU a run trains on when several runs share a machine.

Each GPU has `runs_per_gpu` slots, and each slot is a lock file held by the training process; the
kernel releases the lock when the process ends, however it ends. The locks are in /tmp, one folder
per user: local to the machine, never on a network file system, and the same for every terminal,
unlike TMPDIR or a login's runtime folder.

Other programs do not know about these leases. Before a GPU is taken, nvidia-smi is queried for
processes of other users, other programs or containers that are using it.

Does not import torch: CUDA_VISIBLE_DEVICES must be set before CUDA is initialised.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from transfer.errors import UserError
from transfer.machine.gpu_users import other_users
from transfer.machine.gpus import GPU, SIMULATED, TAKE_IN_USE, chosen_by, usable_gpus
from transfer.machine.locks import WITHOUT_LOCKS, lock, try_lock
from transfer.machine.processes import process_start

LOOK_AGAIN_SECONDS = 1.0
# Checking whether a GPU is in use takes a process and, without a persistent driver, seconds.
LOOK_AGAIN_IN_USE_SECONDS = 10.0
SAY_AGAIN_SECONDS = 600.0


@dataclass(frozen=True)
class Lease:
    """The GPU that a run may use; `gpu` is None on a machine without one.

    `chosen_by` is `lease`, the scheduler that assigned the GPU (`Slurm`, `Kubernetes`), or None
    without a GPU.
    """

    gpu: GPU | None
    chosen_by: str | None

    def device(self, asked: str) -> str:
        """The PyTorch device to use: with a leased GPU always that GPU, never the CPU."""
        if self.gpu is None or asked == "cpu":
            return asked
        # CUDA sees the leased GPU only, so cuda:3 becomes cuda. A simulated GPU is left as asked.
        return asked.partition(":")[0] if self.gpu.uuid.startswith(SIMULATED) else "cuda"


def _job() -> str:
    """Prefix that limits the locks to one job of a scheduler; empty for none.

    A Kubernetes pod needs no prefix: it has its own file system.
    """
    number = os.environ.get("SLURM_JOB_ID", "")
    return f"slurm-{re.sub(r'[^A-Za-z0-9]', '-', number)}-" if number else ""


def _lock_folder() -> Path:
    folder = os.environ.get("TRANSFER_GPU_LOCKS") or f"/tmp/transfer-gpus-{os.getuid()}"
    path = Path(folder)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.getuid():
        raise UserError(
            f"{path}: belongs to another user, so no GPU can be leased there. Delete it, or "
            "name another folder of this machine in TRANSFER_GPU_LOCKS."
        )
    return path


def _ours(folder: Path, names: list[str]) -> set[int]:
    """Running processes that hold these slots or held them last."""
    alive = set()
    for name in names:
        try:
            pid, start = map(int, (folder / f"{name}.pid").read_text().split())
        except (OSError, ValueError):
            continue
        if process_start(pid) == start:
            alive.add(pid)
    return alive


def _try_slot(gpu: GPU, slot: int, runs_per_gpu: int, job: str) -> TextIO | str | None:
    """Lock a slot: the lock, None if it is taken, or a description of the GPU's other users."""
    folder = _lock_folder()
    names = [f"{job}{gpu.uuid}.{number}" for number in range(runs_per_gpu)]
    # Serialised, so that a process still checking a slot is not mistaken for one that leased it.
    with lock(folder / f"{job}{gpu.uuid}.guard"):
        held = try_lock(folder / f"{names[slot]}.lock")
        if held is None:
            return None
        try:
            if words := other_users(gpu, _ours(folder, names)):
                held.close()
                return words
            pid = os.getpid()
            (folder / f"{names[slot]}.pid").write_text(f"{pid} {process_start(pid)}")
        except BaseException:
            held.close()
            raise
    return held


def _try_slots(
    gpus: tuple[GPU, ...], runs_per_gpu: int, job: str
) -> tuple[GPU, TextIO] | dict[GPU, str]:
    """A GPU and the lock of its slot; if none is free, the GPUs that others use."""
    in_use: dict[GPU, str] = {}
    # Slot by slot rather than GPU by GPU, so that a second run prefers an idle GPU.
    for slot in range(runs_per_gpu):
        for gpu in gpus:
            if gpu in in_use:
                continue
            try:
                found = _try_slot(gpu, slot, runs_per_gpu, job)
            except OSError as error:
                if error.errno not in WITHOUT_LOCKS:
                    raise
                raise UserError(
                    f"{_lock_folder()}: this file system has no locks ({error.strerror}), so no "
                    "GPU can be leased there. Name a folder of this machine in TRANSFER_GPU_LOCKS."
                ) from None
            if isinstance(found, str):
                in_use[gpu] = found
            elif found:
                return gpu, found
    return in_use


def _wait_for_slot(gpus: tuple[GPU, ...], runs_per_gpu: int, job: str) -> tuple[GPU, TextIO]:
    since = time.monotonic()
    said = None
    while isinstance(found := _try_slots(gpus, runs_per_gpu, job), dict):
        now = time.monotonic()
        if said is None or now - said >= SAY_AGAIN_SECONDS:
            said = now
            print(_waiting_words(gpus, found, runs_per_gpu, now - since), flush=True)
        time.sleep(LOOK_AGAIN_IN_USE_SECONDS if found else LOOK_AGAIN_SECONDS)
    return found


def _waiting_words(
    gpus: tuple[GPU, ...], in_use: dict[GPU, str], runs_per_gpu: int, seconds: float
) -> str:
    runs = "run" if runs_per_gpu == 1 else "runs"
    words = f"waiting for a GPU for {seconds:.0f} s: "
    if len(in_use) < len(gpus):
        words += (
            f"all {len(gpus)} GPUs that this run may use are taken ({runs_per_gpu} {runs} "
            "per GPU). More runs were started than there are slots; --resources gpu=N limits how "
            "many start. "
        )
    for gpu, users in in_use.items():
        words += f"GPU {_words(gpu)} is in use by others: {users}. "
    if in_use:
        words += (
            "A GPU that others use is leased once they have finished. Set CUDA_VISIBLE_DEVICES "
            f"to choose which GPUs runs wait for, or {TAKE_IN_USE}=take to share them."
        )
    return words.rstrip()


@contextmanager
def leased_gpu(device: str = "auto", runs_per_gpu: int = 1) -> Iterator[Lease]:
    """Lease a GPU for the duration of the block and make it the only one visible to CUDA.

    `device` is train.py's option: `cpu` leases nothing, `cuda:N` waits for the N-th visible GPU.
    Must be called before CUDA is initialised. Prints which GPU was chosen, and that it waits if it
    has to. Raises UserError if there is no GPU `cuda:N`.
    """
    if device == "cpu":
        yield Lease(None, None)
        return
    gpus = usable_gpus()
    if device.startswith("cuda:"):
        number = int(device.removeprefix("cuda:"))
        if number >= len(gpus):
            raise UserError(f"--device {device}: this run may use only {len(gpus)} GPUs")
        gpus = (gpus[number],)
    if not gpus:
        print(
            "nvidia-smi lists no GPU that this run may use: training on the CPU unless PyTorch "
            "finds another accelerator",
            flush=True,
        )
        yield Lease(None, None)
        return
    scheduler = None
    # An allocation or pod with several GPUs is meant for several runs. They lease among all runs
    # on the machine, because the scheduler may not isolate its jobs. TRANSFER_LEASE=always makes
    # those of single GPUs do so too.
    if len(gpus) == 1 and os.environ.get("TRANSFER_LEASE") != "always":
        scheduler = chosen_by()
    job = _job() if scheduler else ""
    gpu, held = _wait_for_slot(gpus, runs_per_gpu, job)
    try:
        words = f"assigned by {scheduler}: GPU" if scheduler else "training on GPU"
        print(f"{words} {_words(gpu)}", flush=True)
        with _only_visible(gpu):
            yield Lease(gpu, scheduler or "lease")
    finally:
        held.close()


def _words(gpu: GPU) -> str:
    return f"{gpu.index} ({gpu.name}, {gpu.uuid})"


@contextmanager
def _only_visible(gpu: GPU) -> Iterator[None]:
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    os.environ["CUDA_VISIBLE_DEVICES"] = (
        str(gpu.index) if gpu.uuid.startswith(SIMULATED) else gpu.uuid
    )
    try:
        yield
    finally:
        if before is None:
            del os.environ["CUDA_VISIBLE_DEVICES"]
        else:
            os.environ["CUDA_VISIBLE_DEVICES"] = before
