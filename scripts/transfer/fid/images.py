"""Images from a store or a folder, resized to the network's input size."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from transfer.data.decoding import ImageError, decode, shrink
from transfer.data.store import PreparedDataset
from transfer.errors import UserError
from transfer.fid.inception import INPUT_SIZE

# pytorch-fid's list; its own comparison is case-sensitive and misses ImageNet's `.JPEG`.
SUFFIXES = {".bmp", ".jpg", ".jpeg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


class Images(Protocol):
    """Images by number: uint8 `(height, width, 3)`, RGB, each of its own size."""

    def __len__(self) -> int: ...

    def image(self, position: int) -> np.ndarray:
        """One image."""
        ...

    def identity(self) -> str:
        """A digest that changes when the images or their order do."""
        ...


def image_path(short_side: int | str) -> str:
    """Describe the input of the network's resize: `originals`, or `short side N` of a store."""
    return "originals" if short_side == "original" else f"short side {short_side}"


@dataclass(frozen=True)
class StoredImages:
    """Rows of a prepared dataset's store."""

    dataset: PreparedDataset
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def image(self, position: int) -> np.ndarray:
        return self.dataset.image(int(self.rows[position]))

    def identity(self) -> str:
        digest = hashlib.sha256(str(self.dataset.short_side).encode())
        digest.update("\n".join(map(str, self.dataset.ids[self.rows])).encode())
        digest.update(self.dataset.sizes.tobytes())
        # A store that was prepared again may hold different pixels of the same sizes.
        digest.update(str(self.dataset.made_ns).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class FolderImages:
    """Image files in a folder and its subfolders, ordered by relative path.

    Files are decoded as during preparation: rotated by their EXIF orientation, which pytorch-fid
    ignores, and shrunk as for a store of `short_side`.
    """

    folder: Path
    files: tuple[str, ...]
    short_side: int | str = "original"

    def __len__(self) -> int:
        return len(self.files)

    def image(self, position: int) -> np.ndarray:
        path = self.folder / self.files[position]
        try:
            return np.asarray(shrink(decode(path.read_bytes()), self.short_side))
        except ImageError as error:
            raise UserError(f"{path}: {error}") from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None

    def identity(self) -> str:
        digest = hashlib.sha256(str(self.short_side).encode())
        for file in self.files:
            status = (self.folder / file).stat()
            digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


def chosen_rows(dataset: PreparedDataset, images: str) -> np.ndarray:
    """Row numbers of the images of a split, or of `all`.

    The paper does not say which images it used. Raises UserError if there are none.
    """
    rows = np.arange(len(dataset.ids)) if images == "all" else dataset.rows(images)
    if not len(rows):
        raise UserError(f"{dataset.folder}: no images in split '{images}'")
    return rows


def images_of_dataset(dataset: PreparedDataset, images: str) -> StoredImages:
    """The stored images of a prepared dataset: those of a split, such as `train`, or `all`.

    Raises UserError if there are none.
    """
    return StoredImages(dataset, chosen_rows(dataset, images))


def images_of_folder(folder: str | Path, short_side: int | str = "original") -> FolderImages:
    """All image files in a folder, at any depth; the case of suffixes is ignored.

    Images are shrunk as for a store of `short_side`. Raises UserError if the folder is missing or
    contains no images.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of images")
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )
    if not files:
        raise UserError(f"{folder}: no image files ({', '.join(sorted(SUFFIXES))})")
    return FolderImages(folder, tuple(files), short_side)


def resize_pytorch_fid(image: np.ndarray) -> torch.Tensor:
    """Resize as pytorch-fid's network does: bilinear, not antialiased, ignoring the aspect ratio.

    uint8 `(h, w, 3)` to float32 `(3, 299, 299)` in [0, 1].
    """
    pixels = torch.tensor(image).permute(2, 0, 1).contiguous().float() / 255
    return functional.interpolate(
        pixels[None], size=(INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False
    )[0]


def resize_clean_fid(image: np.ndarray) -> torch.Tensor:
    """Resize as clean-fid does (Parmar et al. 2022): Pillow's antialiased bicubic, in float.

    uint8 `(h, w, 3)` to float32 `(3, 299, 299)` in [0, 1], with overshoot clipped. Only the resize
    is clean-fid's: its network, with other weights of the same origin, scales pixels as
    `(x - 128) / 128`; pixels are scaled here as in pytorch-fid.
    """
    channels = [
        np.asarray(
            Image.fromarray(image[:, :, channel].astype(np.float32)).resize(
                (INPUT_SIZE, INPUT_SIZE), Image.Resampling.BICUBIC
            )
        )
        for channel in range(3)
    ]
    return torch.from_numpy(np.stack(channels).clip(0, 255) / np.float32(255))


RESIZES: dict[str, Callable[[np.ndarray], torch.Tensor]] = {
    "pytorch_fid": resize_pytorch_fid,
    "clean_fid": resize_clean_fid,
}
