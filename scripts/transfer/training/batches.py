"""Batches of stored images, gathered in advance of the training device."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

from transfer.data.store import PreparedDataset

# Stores are kept on the GPU if those of all its runs need less than this share of its memory.
RESIDENT_SHARE = 0.3
AHEAD = 3
# Resident rows start at multiples of this many bytes, and the width of frames is a multiple of this
# many pixels, so that a GPU copies rows in steps of sixteen bytes.
ALIGNMENT = 16
UPLOAD_BYTES = 64 * 2**20

T = TypeVar("T")
U = TypeVar("U")
Whole = TypeVar("Whole", int, np.ndarray)


def ahead(function: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
    """Like `map(function, items)`, with the next few results computed in a background thread."""
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


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Copy a tensor from host memory to the device asynchronously.

    On a GPU, only copies from pinned memory are asynchronous.
    """
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


def frame_size(sizes: np.ndarray) -> tuple[int, int]:
    """Height and width of a frame that fits images of `sizes` `(n, 2)`.

    The width is a multiple of 16 pixels, on the host as well: equal frames give equal results.
    """
    height, width = (int(side) for side in sizes.max(axis=0))
    return height, _aligned(width)


def resident_bytes(sizes: np.ndarray) -> int:
    """Device memory in bytes that `ResidentPixels` needs for images of `sizes` `(n, 2)`."""
    images = int((sizes[:, 0].astype(np.int64) * _row_bytes(sizes)).sum())
    # The last row is read up to the width of the widest frame.
    return images + 3 * frame_size(sizes)[1]


def _aligned(number: Whole) -> Whole:
    return -(-number // ALIGNMENT) * ALIGNMENT


def _row_bytes(sizes: np.ndarray) -> np.ndarray:
    """Bytes from the start of a resident row to the next, int64 `(n,)`."""
    return _aligned(3 * sizes[:, 1].astype(np.int64))


def _buffer(shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    """Host memory for a batch, pinned if a GPU will copy from it."""
    return torch.empty(shape, dtype=torch.uint8, pin_memory=device.type == "cuda")


def gather(dataset: PreparedDataset, rows: np.ndarray, device: torch.device) -> torch.Tensor:
    """Gather the stored images of `rows`, uint8 `(batch, height, width, 3)`, in host memory.

    The size of the frame is given by `frame_size`; smaller images occupy its upper left corner, and
    the pixels outside them are undefined.
    """
    sizes = dataset.sizes[rows]
    batch = _buffer((len(rows), *frame_size(sizes), 3), device)
    frames = batch.numpy()
    for frame, row, (h, w) in zip(frames, rows, sizes, strict=True):
        frame[:h, :w] = dataset.image(row)
    return batch


def gather_slice(images: np.ndarray, part: slice, device: torch.device) -> torch.Tensor:
    """Copy a contiguous range of images of equal size, uint8, to host memory."""
    chosen = images[part]
    batch = _buffer(chosen.shape, device)
    batch.numpy()[:] = chosen
    return batch


class ResidentPixels:
    """The whole store on the training device, so that batches need no transfer."""

    def __init__(self, dataset: PreparedDataset, rows: np.ndarray, device: torch.device) -> None:
        """Copy the stored images of `rows` to the device."""
        row_bytes = _row_bytes(dataset.sizes)
        lengths = dataset.sizes[rows, 0] * row_bytes[rows]
        starts = np.zeros(len(dataset.ids), dtype=np.int64)
        starts[rows] = lengths.cumsum() - lengths
        self.heights = to_device(torch.from_numpy(dataset.sizes[:, 0].astype(np.int64)), device)
        self.starts = to_device(torch.from_numpy(starts // ALIGNMENT), device)
        self.strides = to_device(torch.from_numpy(row_bytes // ALIGNMENT), device)
        size = resident_bytes(dataset.sizes[rows])
        self.pixels = torch.empty(size, dtype=torch.uint8, device=device)
        upload = _buffer((min(size, UPLOAD_BYTES + int(lengths.max())),), device)
        host = upload.numpy()
        # An image belongs to the upload that contains its start.
        for part in np.split(rows, np.flatnonzero(np.diff(starts[rows] // UPLOAD_BYTES)) + 1):
            first, end = int(starts[part[0]]), 0
            for row in part:
                height, width = dataset.sizes[row]
                start, end = end, end + int(height * row_bytes[row])
                padded = host[start:end].reshape(height, row_bytes[row])
                padded[:, : 3 * width] = dataset.image(row).reshape(height, 3 * width)
            self.pixels[first : first + end].copy_(upload[:end])

    def gather(self, rows: torch.Tensor, height: int, width: int) -> torch.Tensor:
        """Like the function `gather`, for row numbers on the device and a frame of this size.

        Computes the offset of each row of each frame; does not synchronise.
        """
        y = torch.arange(height, device=rows.device)
        # Below an image, its last row is repeated.
        y = torch.minimum(y, self.heights[rows, None] - 1)
        index = self.starts[rows, None] + y * self.strides[rows, None]
        # All overlapping windows of the length of a frame's row, as a view without a copy.
        count = (len(self.pixels) - 3 * width) // ALIGNMENT + 1
        stretches = self.pixels.as_strided((count, 3 * width), (ALIGNMENT, 1))
        return stretches[index.view(-1)].view(len(rows), height, width, 3)


def training_batches(
    dataset: PreparedDataset,
    order: list[np.ndarray],
    device: torch.device,
    resident: ResidentPixels | None,
) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Yield the row numbers of each batch and its images on the device, framed as by `gather`."""
    if not order:
        return
    if resident is None:
        loaded = ahead(lambda rows: gather(dataset, rows, device), order)
        for rows, frames in zip(order, loaded, strict=True):
            yield rows, frames.to(device, non_blocking=True)
        return
    there = to_device(torch.from_numpy(np.concatenate(order)), device)
    for rows, part in zip(order, there.split([len(rows) for rows in order]), strict=True):
        yield rows, resident.gather(part, *frame_size(dataset.sizes[rows]))


def fits_on(
    device: torch.device, dataset: PreparedDataset, rows: np.ndarray, runs_per_gpu: int
) -> bool:
    """Whether the stored images of `rows` may be kept on the device: a GPU with enough free memory.

    The memory is shared with the other runs on the GPU, and memory used by others is not available.
    """
    if device.type != "cuda":
        return False
    free, total = torch.cuda.mem_get_info(device)
    room = min(RESIDENT_SHARE * total / runs_per_gpu, free / 2)
    return resident_bytes(dataset.sizes[rows]) < room
