"""Check that runs on the device survive interruption, lack of memory and sharing a GPU."""

import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from gpu_setup import model_row, quietly, settings, small_network, task
from torch import nn

from transfer.data.store import PreparedDataset
from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.methods.finetune import FineTuning, Outcome, train
from transfer.training.report import unreported
from transfer.training.task import Task

SECONDS = 120.0  # to start a process that imports PyTorch, or to end one
SMALL = replace(model_row("squeezenet1_1"), id="small", input_size=32)


class AtLook(Interruption):
    """An interruption that is requested at the loop's n-th check."""

    def __init__(self, look: int) -> None:
        super().__init__()
        self.left = look

    def __bool__(self) -> bool:
        self.left -= 1
        return self.left <= 0


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Use deterministic algorithms only; operations without one warn."""
    before = torch.get_deterministic_debug_mode()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.set_deterministic_debug_mode(before)


def largest_difference(one: nn.Module, other: nn.Module) -> float:
    """Largest difference over all weights and running statistics; 0 if bit-identical."""
    theirs = other.state_dict()
    return max(float((a - theirs[k]).abs().max()) for k, a in one.state_dict().items())


def resumes(dataset: PreparedDataset, device: torch.device, folder: Path) -> bool:
    """Check that a run interrupted in mid-epoch and resumed equals an uninterrupted one bit by bit.

    With deterministic algorithms: weights and losses must be equal, and the loss finite.
    """
    batch = len(dataset.rows("train")) // 6
    chosen = settings(SMALL, batch_size=batch, epochs=2)
    one = task(dataset, chosen, device, resident=True)
    built: list[nn.Module] = []

    def build() -> nn.Module:
        built.append(small_network(8))
        return built[-1]

    def finish(name: str, interruption: Interruption) -> Outcome:
        return train(one, build, CheckpointFile(folder / name, {}, True, share=0), interruption)

    # Six steps, one check per evaluation batch, one after the epoch, three steps.
    evaluations = -(-len(dataset.rows("val")) // batch)
    with deterministic(), quietly():
        whole = finish("whole.pt", Interruption())
        uninterrupted = built[-1]
        with contextlib.suppress(Interrupted):
            finish("stopped.pt", AtLook(6 + evaluations + 1 + 3))
        state = CheckpointFile(folder / "stopped.pt", {}, True).read() or {}
        resumed = finish("stopped.pt", Interruption())
    where = state.get("epoch"), state.get("step")
    losses = [[entry["loss"] for entry in outcome.history] for outcome in (whole, resumed)]
    difference = largest_difference(uninterrupted, built[-1])
    print(
        f"  stopped after epoch {where[0]}, step {where[1]} of 6; losses {losses[0]} and "
        f"{losses[1]}; largest difference of a weight {difference:g}"
    )
    return where == (1, 3) and losses[0] == losses[1] and None not in losses[0] and difference == 0


@dataclass(frozen=True)
class Watched(Task):
    """A task that records whether its images were resident in each attempt.

    `room` limits the images per forward pass on devices whose memory cannot be limited.
    """

    attempts: ClassVar[tuple[bool, ...]] = ()
    room: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        type(self).attempts += (self.resident,)

    def logits(self, model: nn.Module, grey_levels: torch.Tensor) -> torch.Tensor:
        """Compute logits, or fail if there are more images than there is room for."""
        if self.room is not None and len(grey_levels) > self.room:
            raise torch.OutOfMemoryError("simulated")
        return super().logits(model, grey_levels)


def _memory(make_run: Callable[[], FineTuning], device: torch.device) -> int:
    """Peak device memory of a run in bytes."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    with quietly():
        make_run().train()
    return torch.cuda.max_memory_allocated(device)


@contextlib.contextmanager
def only_memory_for_a_part(
    whole: Task, build: Callable[[], nn.Module], folder: Path
) -> Iterator[None]:
    """Limit memory such that half a batch fits but a whole batch does not.

    On a GPU the process is limited to the memory of half a batch plus a quarter of the difference.
    On the CPU the network refuses more than half a batch.
    """
    batch, device = whole.settings.batch_size, whole.device
    if device.type != "cuda":
        Watched.room = batch // 2
        try:
            yield
        finally:
            Watched.room = None
        return

    def make_run(micro_batch: int) -> FineTuning:
        checkpoint = CheckpointFile(folder / f"memory{micro_batch}.pt", {}, True)
        return FineTuning(whole, build(), checkpoint, Interruption(), micro_batch, unreported)

    takes = [_memory(partial(make_run, n), device) for n in (batch, batch // 2)]
    allowed = takes[1] + (takes[0] - takes[1]) / 4
    print(
        f"  a batch of {batch} takes {takes[0] / 2**20:.0f} MiB, half of it "
        f"{takes[1] / 2**20:.0f} MiB; allowed are {allowed / 2**20:.0f} MiB"
    )
    gc.collect()
    torch.cuda.empty_cache()
    total = torch.cuda.mem_get_info(device)[1]
    torch.cuda.set_per_process_memory_fraction(allowed / total)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
        torch.cuda.empty_cache()


def gives_way(dataset: PreparedDataset, device: torch.device, folder: Path) -> bool:
    """Check that a run out of memory gives up residency, then halves the micro-batch, and ends."""
    batch = len(dataset.rows("train")) // 2
    chosen = settings(SMALL, batch_size=batch, epochs=1)
    width = 256 if device.type == "cuda" else 8

    def build() -> nn.Module:
        return small_network(width)

    Watched.attempts = ()
    whole = task(dataset, chosen, device, resident=True, kind=Watched)
    checkpoint = CheckpointFile(folder / "memory.pt", {}, True)
    with only_memory_for_a_part(whole, build, folder), quietly():
        outcome = train(whole, build, checkpoint, Interruption())
    attempts = list[bool](Watched.attempts)
    resident = ", ".join("yes" if attempt else "no" for attempt in attempts)
    print(
        f"  images resident: {resident}; {outcome.status} with {outcome.micro_batch} of {batch} "
        "images at a time"
    )
    gave_way = attempts == [True, False] and 2 <= outcome.micro_batch < batch
    return gave_way and outcome.status == "completed"


class Holder:
    """A process that leases a slot of the GPU and releases it on request."""

    def __init__(self, runs_per_gpu: int, device: torch.device, folder: Path, name: str) -> None:
        environment = os.environ | {
            "TRANSFER_LEASE": "always",
            # This process uses the GPU as well.
            "TRANSFER_GPUS_IN_USE": "take",
            "TRANSFER_GPU_LOCKS": str(folder / "locks"),
        }
        if device.type != "cuda":
            environment |= {"TRANSFER_GPUS": "1"}
            environment.pop("CUDA_VISIBLE_DEVICES", None)
        self.log = folder / f"{name}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("gpu_lease.py"), str(runs_per_gpu)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def said(self, text: str, seconds: float) -> bool:
        """Whether the process prints `text` within so many seconds."""
        until = time.monotonic() + seconds
        while text not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > until:
                return text in self.log.read_text()
            time.sleep(0.05)
        return True

    def release(self) -> dict[str, Any]:
        """End the process; returns its GPU with start and end times, or nothing if it failed."""
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired, BrokenPipeError):
                self.process.communicate(b"\n", timeout=SECONDS)
            self.process.kill()
        lines = self.log.read_text().splitlines()
        if self.process.wait() or not lines:
            print("\n".join(f"  | {line}" for line in lines))
            return {}
        return json.loads(lines[-1])


def _share(places: int, device: torch.device, folder: Path) -> bool:
    """Start one process more than there are slots."""
    holders: list[Holder] = []

    def start() -> Holder:
        holders.append(Holder(places, device, folder, f"{places}-{len(holders)}"))
        return holders[-1]

    try:
        early = [start() for _ in range(places)]
        together = all(holder.said("holding", SECONDS) for holder in early)
        late = start()
        # It prints this only after it has found no free slot.
        waited = late.said("waiting", SECONDS)
        time.sleep(1.5)
        waited = waited and not late.said("holding", 0)
        early[0].release()
        followed = late.said("holding", SECONDS)
    finally:
        records = [holder.release() for holder in holders]
    print(
        f"  {places} {'run' if places == 1 else 'runs'} a GPU: "
        f"{'held at once' if together else 'NOT held at once'}; one more "
        f"{'waited' if waited else 'did NOT wait'} and "
        f"{'followed' if followed else 'did NOT follow'}"
    )
    if not (together and waited and followed and all(records)):
        return False
    *before, after = records
    overlap = max(r["start"] for r in before) <= min(r["end"] for r in before)
    one_gpu = len({record["gpu"] for record in records}) == 1
    return overlap and one_gpu and after["start"] >= before[0]["end"]


def leases_share(device: torch.device, folder: Path) -> bool:
    """Check that real processes share the slots of a GPU and that an additional one waits.

    With two runs per GPU the first two share it and the third waits; with one run per GPU the
    second waits. On the CPU a GPU is simulated.
    """
    shared = [_share(places, device, folder) for places in (2, 1)]
    return all(shared)
