"""Write the files of a prepared dataset, image by image, in index order."""

import os
import threading
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

_COPY = 2**20
_FLUSH = 2**26
# macOS has no fdatasync.
_SYNC = getattr(os, "fdatasync", os.fsync)


class StoreWriter:
    """Append images of any size to a store; offsets and sizes are written at the end.

    A context manager: the store is complete and flushed to disk only if its block succeeds.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._file = (folder / "images.bin").open("w+b")
        self._disk = _Flusher(self._file)
        self._offsets = [0]
        self._sizes: list[tuple[int, int]] = []

    def append(self, pixels: IO[bytes], size: tuple[int, int]) -> None:
        """Copy the next image from an open file; `size` is its height and width."""
        _copy(pixels, self._file, size[0] * size[1] * 3)
        self._offsets.append(self._offsets[-1] + size[0] * size[1] * 3)
        self._sizes.append(size)
        self._disk.flush_beyond(self._offsets[-1])

    def repeat(self, position: int) -> None:
        """Append the image stored at `position` again."""
        start, end = self._offsets[position : position + 2]
        self._file.flush()
        self._file.write(os.pread(self._file.fileno(), end - start, start))
        self._offsets.append(self._offsets[-1] + end - start)
        self._sizes.append(self._sizes[position])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        with self._file:
            self._disk.finish()
            if kind is None:
                _flush_to_disk(self._file)
        if kind is None:
            np.save(self._folder / "offsets.npy", np.array(self._offsets, dtype=np.int64))
            sizes = np.array(self._sizes, dtype=np.int32).reshape(-1, 2)
            np.save(self._folder / "sizes.npy", sizes)


class _Flusher:
    """Flush a growing file to disk in the background, so that closing it takes less time."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._flushed = 0
        self._thread: threading.Thread | None = None

    def flush_beyond(self, size: int) -> None:
        """Start a flush if enough was written and none is in progress."""
        if size - self._flushed < _FLUSH or (self._thread and self._thread.is_alive()):
            return
        self._file.flush()
        self._flushed = size
        self._thread = threading.Thread(target=_SYNC, args=(self._file.fileno(),))
        self._thread.start()

    def finish(self) -> None:
        """Wait for the flush in progress; the file may be closed afterwards."""
        if self._thread:
            self._thread.join()


class EvaluationWriter:
    """Append square images to a `.npy` file whose number of images is known only at the end.

    Positions are the same as in the stores: for an image without evaluation image, None is
    appended, so that `repeat` takes the same positions.
    """

    def __init__(self, path: Path, size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._size = size
        self._file = path.open("w+b")
        self._written: list[int] = []
        self._count = 0
        self._write_header()
        self._start = self._file.tell()

    def _write_header(self) -> None:
        # numpy pads the header so that the first axis may grow to 21 digits in place.
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": "|u1",
                "fortran_order": False,
                "shape": (self._count, self._size, self._size, 3),
            },
        )

    def _absent(self, position: int) -> bool:
        following = [*self._written[position + 1 : position + 2], self._count][0]
        return following == self._written[position]

    @property
    def _bytes(self) -> int:
        return self._size * self._size * 3

    def append(self, pixels: IO[bytes] | None) -> None:
        """Copy the next image from an open file, or record that there is none."""
        self._written.append(self._count)
        if pixels is not None:
            _copy(pixels, self._file, self._bytes)
            self._count += 1

    def repeat(self, position: int) -> None:
        """Append the image at `position`, or its absence, again."""
        if self._absent(position):
            self.append(None)
            return
        self._file.flush()
        start = self._start + self._written[position] * self._bytes
        self._file.write(os.pread(self._file.fileno(), self._bytes, start))
        self._written.append(self._count)
        self._count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._write_header()
                _flush_to_disk(self._file)


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> None:
    while size:
        block = source.read(min(size, _COPY))
        if not block:
            raise EOFError("a part file is shorter than its images")
        target.write(block)
        size -= len(block)


def _flush_to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
