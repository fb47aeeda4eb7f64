"""Check that the device computes the same as the CPU: crops, and one training step."""

import contextlib
import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from gpu_setup import CLASSES, build, model_row, settings
from torch import nn
from torch.nn import functional as F

from transfer.data.store import PreparedDataset
from transfer.training import augment
from transfer.training.batches import ResidentPixels, training_batches

CPU = torch.device("cpu")
IMAGES = 4
# Relative errors against float64 on the CPU; see `steps_agree`.
DOUBLE, SINGLE, TIMES_THE_CPU = 1e-6, 1e-3, 10
# A gradient smaller than this share of the largest one is mere rounding, such as that of a bias
# removed by batch normalisation: its error is measured relative to this share.
FLOOR = 1e-3


def crops_agree(dataset: PreparedDataset, device: torch.device) -> bool:
    """Crop the same boxes on the CPU and on the device, from host memory and from resident images.

    Stored pixels must be identical. Half precision on a GPU changes the grey levels of a crop by
    less than 0.2 on average.
    """
    rows = dataset.rows("train")[:16]
    sizes = torch.from_numpy(dataset.sizes[rows].astype(np.int64))
    generator = torch.Generator().manual_seed(1)
    boxes = augment.draw_boxes(sizes, (0.65, 1.0), (3 / 4, 4 / 3), (True, True), generator)
    resident = ResidentPixels(dataset, dataset.rows("train"), device)
    crops, same = [], True
    for where, store in ((CPU, None), (device, None), (device, resident)):
        ((_, frames),) = training_batches(dataset, [rows], where, store)
        for frame, row in zip(frames.cpu().numpy(), rows, strict=True):
            image = dataset.image(row)
            same = same and np.array_equal(frame[: image.shape[0], : image.shape[1]], image)
        crops.append(augment.crop_and_resize(frames, boxes.to(where), 96).float().cpu())
    host, from_residence = (float((crop - crops[0]).abs().mean()) for crop in crops[1:])
    print(
        f"  stored pixels {'equal' if same else 'DIFFER'}; mean difference of the crops in grey "
        f"levels: from the host {host:.4f}, resident {from_residence:.4f}"
    )
    return same and max(host, from_residence) < 0.2


@dataclass(frozen=True)
class Step:
    """Logits and the gradient of each parameter, float64 on the CPU."""

    logits: torch.Tensor
    gradients: dict[str, torch.Tensor]


def step(
    model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, device: torch.device,
    dtype: torch.dtype,
) -> Step:  # fmt: skip
    """Run a forward and backward pass of a copy of the network in training mode, as `dtype`."""
    model = copy.deepcopy(model).to(device, dtype)
    model = model.to(memory_format=torch.channels_last).train()
    inputs = inputs.to(device, dtype, memory_format=torch.channels_last)
    logits = model(inputs)
    F.cross_entropy(logits, labels.to(device)).backward()
    return Step(
        logits.detach().cpu().double(),
        {
            name: parameter.grad.cpu().double()
            for name, parameter in model.named_parameters()
            if parameter.grad is not None
        },
    )


def relative(value: torch.Tensor, reference: torch.Tensor, least: float = 0.0) -> float:
    """Norm of the difference relative to the reference's norm, or to `least` if that is larger.

    Infinite if anything is not a number.
    """
    error = float((value - reference).norm()) / max(float(reference.norm()), least)
    return math.inf if math.isnan(error) else error


def errors(one: Step, reference: Step) -> tuple[float, float, str]:
    """Relative error of the logits, that of the worst gradient, and the worst one's name.

    Infinite if a gradient is missing.
    """
    if one.gradients.keys() != reference.gradients.keys():
        return math.inf, math.inf, "missing gradients"
    least = FLOOR * max(float(g.norm()) for g in reference.gradients.values())
    found = {
        name: relative(one.gradients[name], g, least) for name, g in reference.gradients.items()
    }
    found = {name: float("inf") if np.isnan(error) else error for name, error in found.items()}
    worst = max(found, key=found.__getitem__)
    logits = relative(one.logits, reference.logits)
    return float("inf") if np.isnan(logits) else logits, found[worst], worst


def without_chance(model: nn.Module) -> nn.Module:
    """Disable dropout and stochastic depth, in place."""
    for module in model.modules():
        for name in ("p", "drop_prob", "drop_rate"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
    return model


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Disable TF32, which has ten of float32's 23 mantissa bits."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def bfloat16_error(
    model: nn.Module, inputs: torch.Tensor, device: torch.device, reference: Step
) -> float | None:
    """Relative error of the logits in the precision of runs; None if they do not use bfloat16."""
    if device.type != "cuda" or not torch.cuda.is_bf16_supported(including_emulation=False):
        return None
    model = copy.deepcopy(model).to(device).to(memory_format=torch.channels_last).train()
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        logits = model(inputs.to(device, memory_format=torch.channels_last))
    return relative(logits.cpu().double(), reference.logits)


def steps_agree(names: tuple[str, ...], image_size: int | None, device: torch.device) -> bool:
    """Compare one training step of each model on the device and on the CPU.

    The same weights, batch of four images and labels; training mode, without dropout. Errors are
    relative to the float64 step on the CPU, the worst of all parameters' gradients. Three limits:

    - float64 on the device, 1e-6: the device computes the same function. Rounding is 1e-16, and
      even thousands of operations deep leaves ten digits.
    - float32 without TF32, logits, 1e-3: measured on CPUs 1e-6 to 4e-5; TF32 is above.
    - float32 without TF32, gradients: 1e-3, or ten times the error that the CPU's own float32
      step has. A ReLU or maximum whose input rounding pushes over the kink changes a gradient by
      a whole term, so networks with these (ResNet-50, VGG) are off by per cents in float32 on any
      hardware, and by 1e-6 without kinks (DeiT).

    The effect of bfloat16 on the logits is reported but not limited.
    """
    good = True
    for name in names:
        row = model_row(name)
        size = image_size or settings(row).image_size
        model = without_chance(build(row, size))
        generator = torch.Generator().manual_seed(2)
        inputs = torch.randn(IMAGES, 3, size, size, generator=generator)
        labels = torch.arange(IMAGES) % CLASSES
        with full_float32():
            reference = step(model, inputs, labels, CPU, torch.float64)
            _, cpu, _ = errors(step(model, inputs, labels, CPU, torch.float32), reference)
            double = errors(step(model, inputs, labels, device, torch.float64), reference)
            single = errors(step(model, inputs, labels, device, torch.float32), reference)
        limit = max(SINGLE, TIMES_THE_CPU * cpu)
        agrees = max(double[:2]) < DOUBLE and single[0] < SINGLE and single[1] < limit
        half = bfloat16_error(model, inputs, device, reference)
        print(
            f"  {name} at {size} px: float64 logits {double[0]:.0e}, gradients {double[1]:.0e}; "
            f"float32 logits {single[0]:.0e}, gradients {single[1]:.0e} ({single[2]}; the CPU's "
            f"{cpu:.0e}, limit {limit:.0e}); "
            + ("no bfloat16" if half is None else f"bfloat16 logits {half:.0e}")
            + ("" if agrees else "  NO"),
            flush=True,
        )
        good = good and agrees
    return good
