"""GPU leases: which GPU a run trains on when several runs share a machine.

Each GPU has `runs_per_gpu` slots, and each slot is a lock file held by the training process; the
kernel releases the lock when the process ends, however it ends. The locks are in /tmp, one folder
per user: local to the machine, never on a network file system, and the same for every terminal,
unlike TMPDIR or a login's runtime folder.

Other programs do not know about these leases. Before a GPU is taken, nvidia-smi is queried for
processes of other users, other programs or containers that are using it.

Does not import torch: CUDA_VISIBLE_DEVICES must be set before CUDA is initialised.
"""

import csv
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import psutil

from transfer.errors import UserError
from transfer.machine.locks import WITHOUT_LOCKS, lock, try_lock
from transfer.machine.processes import process_start

# A scheduler that sets one of these has already chosen this process's GPU if only one is visible.
# The lease then applies among the runs of one job only, such as a group of Snakemake jobs.
# TRANSFER_LEASE=always makes it apply among all runs on this machine.
SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "KUBERNETES_SERVICE_HOST": "Kubernetes"}
SIMULATED = "simulated-"
# Values of CUDA_VISIBLE_DEVICES that hide all GPUs; the last one is set by schedulers.
HIDDEN = ("", "-1", "NoDevFiles")
# Exit status of nvidia-smi on a machine with a driver but no GPU.
NO_DEVICES = 6
LOOK_AGAIN_SECONDS = 1.0
# Checking whether a GPU is in use takes a process and, without a persistent driver, seconds.
LOOK_AGAIN_IN_USE_SECONDS = 10.0
SAY_AGAIN_SECONDS = 600.0

# A process in another container is not listed, but its memory is counted. An idle GPU uses up to a
# few hundred MiB, as does a process that has only just initialised CUDA.
MEMORY_IN_USE = 2**30
# Serves processes that share a GPU and computes nothing itself.
MPS_SERVER = "nvidia-cuda-mps-server"
TAKE_IN_USE = "TRANSFER_GPUS_IN_USE"
RENAMED = {
    "TRANSFER_CARDS": "TRANSFER_GPUS",
    "TRANSFER_CARD_LOCKS": "TRANSFER_GPU_LOCKS",
    "TRANSFER_CARDS_IN_USE": TAKE_IN_USE,
}


@dataclass(frozen=True)
class GPU:
    """A GPU or a MIG slice: `index` as in nvidia-smi, `uuid` as in CUDA_VISIBLE_DEVICES."""

    index: int
    uuid: str
    name: str
    memory_bytes: int | None = None


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


def machine_gpus() -> tuple[GPU, ...]:
    """All GPUs of this machine; empty if there are none.

    TRANSFER_GPUS=4 simulates four, for tests without a GPU. Raises UserError if nvidia-smi is
    installed but fails: falling back to the CPU would turn an hour's outage into a week's run.
    """
    if simulated := os.environ.get("TRANSFER_GPUS"):
        return tuple(GPU(i, f"{SIMULATED}{i}", "simulated GPU") for i in range(int(simulated)))
    query = ["--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    gpus = []
    for line in _nvidia_smi(*query).splitlines():
        index, uuid, name, memory = (part.strip() for part in line.split(",", 3))
        size = int(memory) * 2**20 if memory.isdigit() else None
        gpus.append(GPU(int(index), uuid, name, size))
    return _with_slices(tuple(gpus), _nvidia_smi("-L"))


def _nvidia_smi(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["nvidia-smi", *arguments], capture_output=True, text=True, timeout=60, check=True
        )
    except FileNotFoundError:
        return ""
    except (OSError, subprocess.SubprocessError) as error:
        if getattr(error, "returncode", None) == NO_DEVICES:
            return ""
        said = getattr(error, "stdout", "") or getattr(error, "stderr", "") or str(error)
        raise UserError(
            f"nvidia-smi fails: {said.strip()}. Repair the GPU or its driver, or set "
            "CUDA_VISIBLE_DEVICES= (to nothing) to train on the CPU."
        ) from None
    return done.stdout


def _with_slices(gpus: tuple[GPU, ...], listing: str) -> tuple[GPU, ...]:
    """Replace each GPU by its MIG slices, if `nvidia-smi -L` lists any below it."""
    by_uuid = {gpu.uuid: gpu for gpu in gpus}
    slices: dict[str, list[GPU]] = {gpu.uuid: [] for gpu in gpus}
    owner = None
    for line in listing.splitlines():
        if found := re.match(r"GPU \d+: .*\(UUID: (\S+)\)", line):
            owner = by_uuid.get(found[1])
        elif owner and (found := re.match(r"\s+MIG (\S+)\s.*\(UUID: (\S+)\)", line)):
            slices[owner.uuid].append(GPU(owner.index, found[2], f"{owner.name} MIG {found[1]}"))
    return tuple(part for gpu in gpus for part in slices[gpu.uuid] or [gpu])


def visible_gpus(gpus: tuple[GPU, ...]) -> tuple[GPU, ...]:
    """The GPUs that CUDA_VISIBLE_DEVICES makes visible, in its order.

    Indices are those of nvidia-smi; UUIDs may be abbreviated to a unique prefix. As in CUDA, the
    list ends at the first invalid entry.
    """
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return gpus
    visible: list[GPU] = []
    for entry in (part.strip() for part in wanted.split(",")):
        if entry.isdigit():
            named = [gpu for gpu in gpus if gpu.index == int(entry)]
        else:
            named = [gpu for gpu in gpus if entry and gpu.uuid.startswith(entry)]
        if len(named) != 1 or named[0] in visible:
            break
        visible += named
    return tuple(visible)


def usable_gpus() -> tuple[GPU, ...]:
    """The GPUs of this machine that this process may use.

    Raises UserError if CUDA_VISIBLE_DEVICES names no GPU of this machine, if nvidia-smi fails, or
    if an environment variable is set under its former name.
    """
    for old, new in RENAMED.items():
        if os.environ.get(old):
            raise UserError(f"{old} was renamed to {new}: set {new} instead")
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted in HIDDEN:
        return ()
    there = machine_gpus()
    visible = visible_gpus(there)
    if there and not visible:
        raise UserError(
            f"CUDA_VISIBLE_DEVICES={wanted} names none of this machine's {len(there)} GPUs. Set "
            "it to an index or UUID listed by nvidia-smi -L, or to nothing to train on the CPU."
        )
    return visible


def _chosen_by() -> str | None:
    """The scheduler that assigned this process its GPUs, if any."""
    return next((name for key, name in SCHEDULERS.items() if os.environ.get(key)), None)


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
            if words := _in_use(gpu, _ours(folder, names)):
                held.close()
                return words
            pid = os.getpid()
            (folder / f"{names[slot]}.pid").write_text(f"{pid} {process_start(pid)}")
        except BaseException:
            held.close()
            raise
    return held


def _in_use(gpu: GPU, ours: set[int]) -> str | None:
    """Describe who uses a GPU besides the processes `ours`; None if nobody does.

    Not checked for a simulated GPU, for one assigned by a scheduler, which may share it on
    purpose, or with TRANSFER_GPUS_IN_USE=take.
    """
    in_use = os.environ.get(TAKE_IN_USE)
    if in_use not in (None, "", "take"):
        raise UserError(f"{TAKE_IN_USE}={in_use}: must be 'take' or empty")
    if in_use or gpu.uuid.startswith(SIMULATED) or _chosen_by():
        return None
    processes = _processes(gpu)
    if ours:
        # In a container nvidia-smi may list the host's process ids: a process that cannot be found
        # here may be one of ours, and so may all of the memory.
        known = [pid for pid in processes if pid not in ours and psutil.pid_exists(pid)]
        return ", ".join(processes[pid] for pid in known) or None
    if processes:
        return ", ".join(processes.values())
    query = ["--query-gpu=uuid,memory.used,display_active", "--format=csv,noheader,nounits"]
    for row in _rows(*query, columns=3):
        # A display uses memory, possibly a lot, without computing anything.
        if row[0] == gpu.uuid and row[1].isdigit() and row[2] != "Enabled":
            used = int(row[1]) * 2**20
            if used >= MEMORY_IN_USE:
                return f"{used / 2**30:.1f} GiB of memory by processes that cannot be seen here"
    return None


def _processes(gpu: GPU) -> dict[int, str]:
    """Descriptions of the processes that compute on a GPU, by process id."""
    query = ["--query-compute-apps=gpu_uuid,pid,used_memory,process_name"]
    found = {}
    for uuid, pid, memory, name in _rows(*query, "--format=csv,noheader,nounits", columns=4):
        if uuid != gpu.uuid or not pid.isdigit() or Path(name).name == MPS_SERVER:
            continue
        size = f"{int(memory) / 1024:.1f} GiB" if memory.isdigit() else "memory not stated"
        found[int(pid)] = f"process {pid} ({_owner(int(pid))}{name}, {size})"
    return found


def _rows(*arguments: str, columns: int) -> list[list[str]]:
    """The rows of nvidia-smi's output with so many columns; the last column may contain commas."""
    lines = csv.reader(_nvidia_smi(*arguments).splitlines(), quoting=csv.QUOTE_NONE)
    rows = [[*row[: columns - 1], ",".join(row[columns - 1 :])] for row in lines]
    return [[cell.strip() for cell in row] for row in rows if len(row) == columns]


def _owner(pid: int) -> str:
    try:
        return f"{psutil.Process(pid).username()}: "
    except (psutil.Error, KeyError, OSError):
        return ""


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
    chosen_by = None
    # An allocation or pod with several GPUs is meant for several runs. They lease among all runs
    # on the machine, because the scheduler may not isolate its jobs.
    if len(gpus) == 1 and os.environ.get("TRANSFER_LEASE") != "always":
        chosen_by = _chosen_by()
    job = _job() if chosen_by else ""
    gpu, held = _wait_for_slot(gpus, runs_per_gpu, job)
    try:
        words = f"assigned by {chosen_by}: GPU" if chosen_by else "training on GPU"
        print(f"{words} {_words(gpu)}", flush=True)
        with _only_visible(gpu):
            yield Lease(gpu, chosen_by or "lease")
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
