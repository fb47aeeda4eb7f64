"""The GPUs of this machine, and which of them this process may use.

Does not import torch: CUDA_VISIBLE_DEVICES must be set before CUDA is initialised.
"""

import os
import re
import subprocess
from dataclasses import dataclass

from transfer.errors import UserError

# A scheduler that sets one of these has already chosen this process's GPU if only one is visible.
SCHEDULERS = {"SLURM_JOB_ID": "Slurm", "KUBERNETES_SERVICE_HOST": "Kubernetes"}
SIMULATED = "simulated-"
# Values of CUDA_VISIBLE_DEVICES that hide all GPUs; the last one is set by schedulers.
HIDDEN = ("", "-1", "NoDevFiles")
# Exit status of nvidia-smi on a machine with a driver but no GPU.
NO_DEVICES = 6
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


def machine_gpus() -> tuple[GPU, ...]:
    """All GPUs of this machine; empty if there are none.

    TRANSFER_GPUS=4 simulates four, for tests without a GPU. Raises UserError if nvidia-smi is
    installed but fails: falling back to the CPU would turn an hour's outage into a week's run.
    """
    if simulated := os.environ.get("TRANSFER_GPUS"):
        return tuple(GPU(i, f"{SIMULATED}{i}", "simulated GPU") for i in range(int(simulated)))
    query = ["--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    gpus = []
    for line in nvidia_smi(*query).splitlines():
        index, uuid, name, memory = (part.strip() for part in line.split(",", 3))
        size = int(memory) * 2**20 if memory.isdigit() else None
        gpus.append(GPU(int(index), uuid, name, size))
    return _with_slices(tuple(gpus), nvidia_smi("-L"))


def nvidia_smi(*arguments: str) -> str:
    """Output of nvidia-smi; empty on a machine without it or without a GPU.

    Raises UserError if it fails.
    """
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


def chosen_by() -> str | None:
    """The scheduler that assigned this process its GPUs, if any."""
    return next((name for key, name in SCHEDULERS.items() if os.environ.get(key)), None)
