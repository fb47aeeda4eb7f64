"""Where and how exactly a run computes."""

import torch

from transfer.errors import UserError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU if there is one; raises UserError for a GPU that is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {name}: PyTorch finds no GPU on this machine")
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes bfloat16 in hardware, as GPUs since NVIDIA's Ampere do."""
    if device.type != "cuda":
        return False
    with torch.cuda.device(device):
        return torch.cuda.is_bf16_supported(including_emulation=False)


def choose_precision(wanted: str, device: torch.device) -> str:
    """`float32` or `bfloat16`; `auto` is the latter where the device has it in hardware.

    Raises UserError if bfloat16 is wanted of a device without it.
    """
    if wanted == "auto":
        return "bfloat16" if has_bfloat16(device) else "float32"
    if wanted == "bfloat16" and not has_bfloat16(device):
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "a CPU"
        raise UserError(
            f"this run computes in bfloat16, as the other runs of its study, and {name} does not "
            "have it in hardware. Train it on a GPU that does (Ampere or later), or train all runs "
            "of the recipe in float32: say `precision: float32` in it."
        )
    return wanted


def prepare(device: torch.device, threads: int | None) -> None:
    """Set the number of CPU threads, and on the CPU ask for deterministic arithmetic."""
    if threads:
        torch.set_num_threads(threads)
    if device.type == "cpu":
        torch.set_deterministic_debug_mode("error")
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
