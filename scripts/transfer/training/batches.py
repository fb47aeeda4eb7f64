"""Batches of stored images, gathered ahead of the training device."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

from transfer.data.store import PreparedDataset

# Stores are kept on the GPU while those of all its runs take less than this share of its memory.
RESIDENT_SHARE = 0.3
AHEAD = 3

T = TypeVar("T")
U = TypeVar("U")


def ahead(function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """`map(function, items)`, with the next few results being made in a thread meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pending: deque = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _buffer(shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Host memory for a batch, pinned where a GPU will copy from it."""
    return torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda")


def gather(dataset: PreparedDataset, rows: np.ndarray, device: torch.device) -> torch.Tensor:
    """Stored images of `rows`, uint8 `(batch, height, width, 3)`, in host memory.

    The frame is the batch's largest height and width; smaller images stand in its upper left,
    and what is outside them is undefined.
    """
    sizes = dataset.sizes[rows]
    height, width = (int(side) for side in sizes.max(axis=0))
    batch = _buffer((len(rows), height, width, 3), device)
    frames = batch.numpy()
    for frame, row, (h, w) in zip(frames, rows, sizes, strict=True):
        frame[:h, :w] = dataset.image(row)
    return batch


def gather_slice(images: np.ndarray, part: slice, device: torch.device) -> torch.Tensor:
    """A contiguous part of equally large images, uint8, copied to host memory."""
    chosen = images[part]
    batch = _buffer(chosen.shape, device)
    batch.numpy()[:] = chosen
    return batch


class ResidentPixels:
    """The whole store on the training device, so that a batch crosses no bus."""

    def __init__(self, dataset: PreparedDataset, rows: np.ndarray, device: torch.device) -> None:
        sizes = torch.from_numpy(dataset.sizes[rows].astype(np.int64))
        lengths = sizes.prod(dim=1) * 3
        self.starts = torch.zeros(len(dataset.ids), dtype=torch.int64, device=device)
        self.starts[torch.from_numpy(rows).to(device)] = (lengths.cumsum(0) - lengths).to(device)
        self.widths = torch.from_numpy(dataset.sizes[:, 1].astype(np.int64)).to(device)
        self.pixels = torch.empty(int(lengths.sum()), dtype=torch.uint8, device=device)
        position = 0
        for row, length in zip(rows, lengths.tolist(), strict=True):
            image = dataset.image(row).reshape(-1)
            self.pixels[position : position + length] = torch.from_numpy(image.copy())
            position += length

    def gather(self, rows: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """As the function `gather`, for row numbers on the device and a frame of this size."""
        y = torch.arange(height, device=rows.device)[None, :, None]
        x = torch.arange(width * 3, device=rows.device)[None, None, :]
        index = self.starts[rows][:, None, None] + y * (self.widths[rows] * 3)[:, None, None] + x
        frames = self.pixels[index.clamp_(max=len(self.pixels) - 1)]
        return frames.view(len(rows), height, width, 3)


def training_batches(
    dataset: PreparedDataset,
    order: list[np.ndarray],
    device: torch.device,
    resident: ResidentPixels | None,
) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Row numbers of each batch with its stored images on the device, as `gather` frames them."""
    if resident is None:
        loaded = ahead(lambda rows: gather(dataset, rows, device), order)
        for rows, frames in zip(order, loaded, strict=True):
            yield rows, frames.to(device, non_blocking=True)
        return
    for rows in order:
        height, width = (int(side) for side in dataset.sizes[rows].max(axis=0))
        yield rows, resident.gather(torch.from_numpy(rows).to(device), height, width)


def fits_on(
    device: torch.device, dataset: PreparedDataset, rows: np.ndarray, runs_per_card: int
) -> bool:
    """Whether the stored images of `rows` may stay on the device: a GPU with room to spare.

    The room is shared with the other runs of the card, and what others took of it is gone.
    """
    if device.type != "cuda":
        return False
    stored = 3 * int(dataset.sizes[rows].astype(np.int64).prod(axis=1).sum())
    free, total = torch.cuda.mem_get_info(device)
    return stored < min(RESIDENT_SHARE * total / runs_per_card, free / 2)
