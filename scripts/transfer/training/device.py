"""The device and the precision of a run."""

import torch

from transfer.errors import UserError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def choose_device(name: str) -> torch.device:
    """Choose the device; `auto` prefers a GPU. Raises UserError for a GPU that does not exist."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {name}: PyTorch finds no GPU on this machine")
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device supports bfloat16 in hardware, as NVIDIA GPUs since Ampere do."""
    if device.type != "cuda":
        return False
    with torch.cuda.device(device):
        return torch.cuda.is_bf16_supported(including_emulation=False)


def choose_precision(wanted: str, device: torch.device) -> str:
    """Choose `float32` or `bfloat16`; `auto` is bfloat16 if the hardware supports it.

    Raises UserError if bfloat16 is requested on a device without it.
    """
    if wanted == "auto":
        return "bfloat16" if has_bfloat16(device) else "float32"
    if wanted == "bfloat16" and not has_bfloat16(device):
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "a CPU"
        raise UserError(
            f"this run uses bfloat16, like the other runs of its study, but {name} does not "
            "support it in hardware. Train on a GPU that does (Ampere or later), or train all runs "
            "of the recipe in float32: set `precision: float32` in it."
        )
    return wanted


def prepare(device: torch.device, threads: int | None) -> None:
    """Set the number of CPU threads and, on the CPU, enable deterministic algorithms."""
    if threads:
        torch.set_num_threads(threads)
    if device.type == "cpu":
        torch.set_deterministic_debug_mode("error")
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
