"""Images for the features: from a store or a folder, brought to the network's size."""

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

# pytorch-fid's list; it compares suffixes by case and so misses ImageNet's `.JPEG`.
SUFFIXES = {".bmp", ".jpg", ".jpeg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


class Source(Protocol):
    """Images by number: uint8 `(height, width, 3)`, RGB, each of its own size."""

    def __len__(self) -> int: ...

    def image(self, position: int) -> np.ndarray:
        """One image."""
        ...

    def identity(self) -> str:
        """A digest that changes when the images or their order do."""
        ...


def image_path(short_side: int | str) -> str:
    """How images come to the network's resize: `originals`, or shrunk to a store's short side."""
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
        # A store that was made anew may hold other pixels of the same sizes.
        digest.update(str(self.dataset.made_ns).encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class FolderImages:
    """Image files below a folder, in the order of their relative paths.

    A file is decoded as preparation decodes it, so upright by its EXIF orientation, which
    pytorch-fid does not look at, and shrunk as for a store of `short_side`.
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
    """Row numbers of the images that count: those of a split, or of `all`.

    The paper does not say which images gave its values. Raises UserError if there are none.
    """
    rows = np.arange(len(dataset.ids)) if images == "all" else dataset.rows(images)
    if not len(rows):
        raise UserError(f"{dataset.folder}: no images in the split '{images}'")
    return rows


def images_of_dataset(dataset: PreparedDataset, images: str) -> StoredImages:
    """The images of a prepared dataset as stored: a split's, such as `train`, or `all`.

    Raises UserError if there are none.
    """
    return StoredImages(dataset, chosen_rows(dataset, images))


def images_of_folder(folder: str | Path, short_side: int | str = "original") -> FolderImages:
    """All image files below a folder, at any depth, suffixes in any case.

    `short_side` is that of a store to whose size they are shrunk. Raises UserError if the folder
    is missing or holds no image.
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
    """As inside pytorch-fid's network: bilinear, without antialiasing, aspect not kept.

    uint8 `(h, w, 3)` to float32 `(3, 299, 299)` in [0, 1].
    """
    pixels = torch.tensor(image).permute(2, 0, 1).contiguous().float() / 255
    return functional.interpolate(
        pixels[None], size=(INPUT_SIZE, INPUT_SIZE), mode="bilinear", align_corners=False
    )[0]


def resize_clean_fid(image: np.ndarray) -> torch.Tensor:
    """As clean-fid (Parmar et al. 2022): Pillow's antialiased bicubic, each channel in float.

    uint8 `(h, w, 3)` to float32 `(3, 299, 299)` in [0, 1], overshoot clipped. Only the resize
    is clean-fid's: its network, other weights of the same origin, scales pixels as
    `(x - 128) / 128`, ours as pytorch-fid does.
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
