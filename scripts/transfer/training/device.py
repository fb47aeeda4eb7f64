"""Where and how exactly a run computes."""

import torch

from transfer.errors import UserError
from transfer.training.settings import Settings


def choose_device(name: str) -> torch.device:
    """`auto` is the GPU if there is one; raises UserError for a GPU that is not there."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {name}: PyTorch finds no GPU on this machine")
    return torch.device(name)


def choose_precision(settings: Settings, device: torch.device) -> torch.dtype:
    """bfloat16 or float32; `auto` is bfloat16 on a GPU that has it in hardware."""
    if settings.precision == "auto":
        native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[settings.precision]


def prepare(device: torch.device, threads: int | None) -> None:
    """Set the number of CPU threads, and on the CPU ask for deterministic arithmetic."""
    if threads:
        torch.set_num_threads(threads)
    if device.type == "cpu":
        torch.set_deterministic_debug_mode("error")
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
