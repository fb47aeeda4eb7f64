"""Shared by the parts of `gpu.py`: a dataset, the paper's settings, networks, and timing."""

import contextlib
import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_imports import ROOT
from torch import nn

from transfer.data.store import PreparedDataset, open_dataset
from transfer.study.model import Model, read_models
from transfer.study.recipes import read_recipes
from transfer.study.settings import Settings
from transfer.training import heads, models
from transfer.training.device import PRECISIONS, choose_precision
from transfer.training.task import Task

HP = "adamw-cosine_lr1e-3_wd1e-4"
CLASSES = 4


def write_dataset(
    folder: Path, counts: Mapping[str, int], sides: tuple[int, int], evaluation_size: int
) -> PreparedDataset:
    """Write a prepared dataset of landscape images: noise with a bright column per class.

    `sides` are the height and the largest width in pixels.
    """
    rng = np.random.default_rng(0)
    splits = [split for split, n in counts.items() for _ in range(n)]
    widths = rng.integers(sides[0], sides[1] + 1, len(splits))
    sizes = np.stack([np.full(len(splits), sides[0]), widths], axis=1).astype(np.int32)
    store = folder / "store_original"
    store.mkdir(parents=True)
    evaluated = []
    with (store / "images.bin").open("wb") as file:
        for i, (height, width) in enumerate(sizes):
            image = rng.integers(0, 120, (height, width, 3), dtype=np.uint8)
            left = int(width * (i % CLASSES) / CLASSES)
            image[:, left : left + width // 5] = 220
            file.write(image.tobytes())
            if splits[i] != "train":
                y = np.arange(evaluation_size) * height // evaluation_size
                x = np.arange(evaluation_size) * width // evaluation_size
                evaluated.append(image[y][:, x])
    lengths = 3 * sizes.astype(np.int64).prod(axis=1)
    np.save(store / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]))
    np.save(store / "sizes.npy", sizes)
    (folder / "evaluation").mkdir()
    np.save(folder / "evaluation" / f"{evaluation_size}.npy", np.stack(evaluated))
    rows = "".join(f"{i},{i % CLASSES},{split}\n" for i, split in enumerate(splits))
    (folder / "index.csv").write_text(f"id,label,split\n{rows}")
    summary = {
        "dataset": "columns",
        "metric": "accuracy",
        "multilabel": False,
        "classes": [f"column {k}" for k in range(CLASSES)],
        "counts": dict(counts),
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    return open_dataset(folder, "original")


def model_row(model: str) -> Model:
    """A row of the model table."""
    return read_models(ROOT / "config" / "models.tsv")[model]


def settings(row: Model, **changes: Any) -> Settings:
    """The paper's recipe for a model, from random weights, judged on `val`, with `changes`."""
    recipe = read_recipes(ROOT / "config" / "recipes")["finetune"]
    of_this_dataset = {"weights": "random", "selection_split": "val", "report_split": "val"}
    at_point = recipe.settings("columns", row).at(recipe.point(HP).values)
    return replace(at_point, **(of_this_dataset | changes))


def precision_of(chosen: Settings, device: torch.device) -> torch.dtype:
    """The precision that training chooses on a GPU; float32 on the CPU."""
    if device.type == "cpu":
        chosen = replace(chosen, precision="float32")
    return PRECISIONS[choose_precision(chosen.precision, device)]


def task(
    dataset: PreparedDataset,
    chosen: Settings,
    device: torch.device,
    resident: bool,
    kind: type[Task] = Task,
) -> Task:
    """A run of the benchmark, optionally of a class derived from Task."""
    return kind(
        dataset=dataset,
        settings=chosen,
        mean=models.IMAGENET_MEAN,
        std=models.IMAGENET_STD,
        device=device,
        precision=precision_of(chosen, device),
        resident=resident,
    )


def build(row: Model, image_size: int) -> nn.Module:
    """Build the network of a row with random but reproducible weights."""
    torch.manual_seed(0)
    model = heads.build(row, CLASSES, settings(row), multilabel=False)
    models.set_image_size(model, image_size)
    return model


def small_network(width: int) -> nn.Module:
    """Build a reproducible network of `width` channels whose memory is dominated by activations."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, stride=2, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, CLASSES),
    )


def wait(device: torch.device) -> float:
    """Synchronise with the device and return the time in seconds."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Suppress the output of training."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield
