"""The arithmetic that training needs, and the peak arithmetic of the device."""

import torch
from gpu_setup import build, wait
from torch.utils.flop_counter import FlopCounterMode

from transfer.study.model import Model

# Dense bfloat16 with float32 accumulation, from NVIDIA's data sheets; a multiply-add counts as two.
# The first entry contained in a GPU's name applies. V100 and T4 lack bfloat16: runs use float32.
DATA_SHEETS = (
    ("H200", 989e12),
    ("H100 PCIe", 756e12),
    ("H100", 989e12),
    ("A100", 312e12),
    ("L40S", 362e12),
    ("L40", 181e12),
    ("L4", 121e12),
    ("A10G", 70e12),
    ("RTX 4090", 165e12),
    ("RTX 3090 Ti", 80e12),
    ("RTX 3090", 71e12),
)


def training_flops(row: Model, size: int) -> int:
    """Floating-point operations to train on one image: three times those of the forward pass.

    The backward pass has two products for each of the forward pass. It is not counted itself:
    PyTorch's counter takes the gradients of grouped convolutions for those of full ones.
    """
    model = build(row, size).to("meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, size, size, device="meta"))
    return 3 * counter.get_total_flops()


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Measure floating-point operations/s of a large square matrix product on the device."""
    n, times = (8192, 20) if device.type == "cuda" else (1024, 10)
    one, other = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    for _ in range(3):
        one @ other
    started = wait(device)
    for _ in range(times):
        one @ other
    return times * 2 * n**3 / (wait(device) - started)


def data_sheet_rate(device: torch.device, dtype: torch.dtype) -> float | None:
    """Peak floating-point operations/s of the GPU by name; None if unknown or without bfloat16."""
    if device.type != "cuda" or dtype != torch.bfloat16:
        return None
    name = torch.cuda.get_device_name(device)
    if "MIG" in name:
        return None
    return next((rate for part, rate in DATA_SHEETS if part in name), None)
