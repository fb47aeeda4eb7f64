"""Measure training speed against the authors' loop, the bare step and peak arithmetic."""

import gc
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from gpu_arithmetic import data_sheet_rate, matmul_rate, training_flops
from gpu_authors import authors_steps
from gpu_setup import CLASSES, build, model_row, precision_of, settings, task, wait, write_dataset
from photographs import photograph
from torch.nn import functional as F

from transfer.data.decoding import needed_short_side
from transfer.data.store import PreparedDataset
from transfer.machine.processes import PROC, usable_cores
from transfer.study.model import Model
from transfer.training.augment import normalise
from transfer.training.batches import training_batches
from transfer.training.checkpoint import CheckpointFile
from transfer.training.evaluation import split_scores
from transfer.training.interruption import Interruption
from transfer.training.methods.finetune import FineTuning
from transfer.training.report import unreported
from transfer.training.task import Task

# Each at the recipe's image size, and PNASNet-5 at its pre-training size as well.
MODELS: tuple[tuple[str, int | None], ...] = (
    ("resnet50", None),
    ("vgg13_bn", None),
    ("efficientnet_b0", None),
    ("deit_small", None),
    ("mobilenet_v3_small", None),
    ("pnasnet5large", None),
    ("pnasnet5large", 331),
)
WARM_UP = 3
LEAST_STEPS = 5


@dataclass(frozen=True)
class Plan:
    """The extent of the measurement; `seconds` limits each loop, `least_batch` the batch size."""

    batch: int
    steps: int
    seconds: float
    images: int
    distinct: int
    workers: int
    short_side: int | None = None
    least_batch: int = 8


@dataclass(frozen=True)
class Speeds:
    """Images/s of each loop, and the other costs of a run."""

    batch: int
    ours: float
    host: float
    bare: float
    authors: float
    evaluation: float
    checkpoint_seconds: float


def rate(
    steps: Iterator[int], device: torch.device, seconds: float, warm_up: int = WARM_UP
) -> float:
    """Measure images/s of steps that yield their number of images, after a warm-up.

    Stops after `seconds` even if there are more steps.
    """
    for _ in range(warm_up):
        next(steps)
    started, images = wait(device), 0
    for number, n in enumerate(steps, start=1):
        images += n
        if number >= LEAST_STEPS and time.monotonic() - started > seconds:
            break
    return images / (wait(device) - started)


def start(one: Task, row: Model, folder: Path) -> FineTuning:
    """Start a new run."""
    checkpoint = CheckpointFile(folder / "speed.pt", {}, True)
    checkpoint.delete()
    model = build(row, one.settings.image_size)
    batch = one.settings.batch_size
    run = FineTuning(one, model, checkpoint, Interruption(), batch, unreported)
    run.model.train()
    return run


def our_steps(run: FineTuning, steps: int) -> Iterator[int]:
    """Run the steps of training: gather, crop, flip, normalise, forward, backward, update."""
    rng, batch = np.random.default_rng(0), run.task.settings.batch_size
    order = [rng.permutation(run.rows)[:batch] for _ in range(steps)]
    for rows, frames in training_batches(run.task.dataset, order, run.task.device, run.resident):
        run._train_step(rows, frames)
        yield len(rows)


def bare_steps(run: FineTuning, steps: int) -> Iterator[int]:
    """Run forward, backward and update on one batch already on the device."""
    one, size = run.task, run.task.settings.image_size
    shape = (one.settings.batch_size, size, size, 3)
    grey = torch.randint(0, 256, shape, device=one.device, dtype=torch.uint8)
    inputs = normalise(grey, *one.statistics, "rgb")
    labels = torch.arange(len(inputs), device=one.device) % CLASSES
    half = one.precision == torch.bfloat16
    for _ in range(steps):
        run.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(one.device.type, dtype=torch.bfloat16, enabled=half):
            logits = run.model(inputs).float()
        F.cross_entropy(logits, labels).backward()
        run.optimizer.step()
        yield len(inputs)


def measure(
    row: Model, dataset: PreparedDataset, size: int, batch: int, device: torch.device,
    plan: Plan, paths: list[Path], folder: Path,
) -> Speeds:  # fmt: skip
    """Measure all loops of one model with one batch size.

    Raises torch.OutOfMemoryError if that is too large.
    """
    chosen = settings(row, image_size=size, batch_size=batch, epochs=1)
    steps = plan.steps + WARM_UP

    def loop(resident: bool, kind: Any) -> float:
        run = start(task(dataset, chosen, device, resident), row, folder)
        return rate(kind(run, steps), device, plan.seconds)

    one = task(dataset, chosen, device, resident=False)
    ours, host, bare = loop(True, our_steps), loop(False, our_steps), loop(False, bare_steps)
    # The first batches of all workers arrive late and together.
    warm_up = max(WARM_UP, plan.workers)
    decoded = warm_up + max(LEAST_STEPS, 3 * plan.workers)
    theirs = authors_steps(row, one, paths, decoded, plan.workers)
    authors = rate(theirs, device, plan.seconds, warm_up)
    run = start(one, row, folder)
    split_scores(one, run.model, "val", batch, lambda: None)
    started = wait(device)
    scores = split_scores(one, run.model, "val", batch, lambda: None)
    evaluation = len(scores) / (wait(device) - started)
    started = wait(device)
    run.checkpoint.write(run._state())
    return Speeds(batch, ours, host, bare, authors, evaluation, wait(device) - started)


def with_a_batch_that_fits(
    row: Model, dataset: PreparedDataset, size: int, device: torch.device, plan: Plan,
    paths: list[Path], folder: Path,
) -> Speeds:  # fmt: skip
    """Run `measure` with the largest of 128, 64, 32, ... images for which memory suffices."""
    batch = plan.batch
    while True:
        try:
            return measure(row, dataset, size, batch, device, plan, paths, folder)
        except torch.OutOfMemoryError:
            if batch <= plan.least_batch:
                raise
        batch //= 2
        gc.collect()
        torch.cuda.empty_cache()


def private_bytes() -> int:
    """Host memory of this process, excluding mapped files shared with other processes."""
    if not PROC.exists():
        return psutil.Process().memory_full_info().uss
    status = (PROC / "self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def quick_plan() -> Plan:
    """A tiny measurement, to test the benchmark itself."""
    return Plan(8, 4, 60.0, 24, 2, workers=2, short_side=80)


def full_plan() -> Plan:
    """The paper's batch size, with as many workers as cores, up to sixteen."""
    return Plan(128, 40, 15.0, 1024, 25, workers=min(16, usable_cores()))


COLUMNS = (
    "model", "px", "batch", "ours", "host", "bare", "authors", "ours/authors", "ours/bare",
    "TFLOP/s", "of data sheet", "of matmul", "evaluation", "checkpoint s",
)  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    first, *others = cells
    widths = [max(6, len(column)) for column in COLUMNS[1:]]
    return f"  {first:20}" + "".join(f"  {c:>{w}}" for c, w in zip(others, widths, strict=True))


def _row(row: Model, size: int, found: Speeds, sheet: float | None, matmul: float) -> list[str]:
    """The cells of a model's line."""
    flops = training_flops(row, size) * found.ours
    rates = (found.ours, found.host, found.bare, found.authors)
    return [
        row.id,
        str(size),
        str(found.batch),
        *(f"{rate:.0f}" for rate in rates),
        f"{found.ours / found.authors:.2f}",
        f"{found.ours / found.bare:.2f}",
        f"{flops / 1e12:.3g}",
        f"{flops / sheet:.1%}" if sheet else "-",
        f"{flops / matmul:.1%}",
        f"{found.evaluation:.0f}",
        f"{found.checkpoint_seconds:.2f}",
    ]


def speeds(
    models: tuple[tuple[str, int | None], ...], device: torch.device, plan: Plan, folder: Path
) -> bool:
    """Print speeds of each model at each size (None: the recipe's); returns whether all ran."""
    paths = [folder / f"{seed}.jpg" for seed in range(plan.distinct)]
    for seed, path in enumerate(paths):
        photograph(seed).save(path, "JPEG", quality=90)
    precision = precision_of(settings(model_row(models[0][0])), device)
    matmul, sheet = matmul_rate(device, precision), data_sheet_rate(device, precision)
    print(
        f"  ours in {str(precision).removeprefix('torch.')}; a large matrix product takes "
        f"{matmul / 1e12:.3g} TFLOP/s, data sheet {f'{sheet / 1e12:.0f}' if sheet else 'unknown'}; "
        f"the authors' loop decodes in {plan.workers} processes\n{_line(COLUMNS)}",
        flush=True,
    )
    datasets: dict[int, PreparedDataset] = {}
    good = True
    for name, asked in models:
        row = model_row(name)
        size = asked or settings(row).image_size
        if size not in datasets:
            short = plan.short_side or needed_short_side(size)
            counts = {"train": plan.images, "val": plan.images // 2}
            sides = short, short * 4 // 3
            datasets[size] = write_dataset(folder / f"data{size}", counts, sides, size)
        try:
            found = with_a_batch_that_fits(row, datasets[size], size, device, plan, paths, folder)
            print(_line(_row(row, size, found, sheet, matmul)), flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            good = False
    print(
        "  images/s: ours with the images on the GPU, host with the images in the host's memory, "
        "bare without data and augmentation, authors decoding in every epoch, in float32.\n  "
        f"The process holds {private_bytes() / 2**30:.2f} GiB of host memory besides mapped files."
    )
    return good
