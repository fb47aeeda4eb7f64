"""CIFAR-10 and CIFAR-100, Python version: pickled batches in a tar (Krizhevsky 2009)."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from transfer.data.arrays import save
from transfer.data.samples import Listing, Sample, stem, with_unique_ids
from transfer.data.unpacking import open_members
from transfer.errors import UserError

_BATCHES = {
    "cifar-10-python.tar.gz": (
        "cifar-10-batches-py",
        {"train": [f"data_batch_{n}" for n in range(1, 6)], "test": ["test_batch"]},
        ("batches.meta", "label_names", "labels"),
    ),
    "cifar-100-python.tar.gz": (
        "cifar-100-python",
        {"train": ["train"], "test": ["test"]},
        ("meta", "fine_label_names", "fine_labels"),
    ),
}


# Functions needed to unpickle numbers, strings and arrays written by Python 2 or 3.
_HARMLESS = {
    ("_codecs", "encode"),
    *(("numpy", name) for name in ("ndarray", "dtype")),
    *(
        (f"numpy.{core}.{module}", name)
        for core in ("core", "_core")
        for module, name in (
            ("multiarray", "_reconstruct"),
            ("multiarray", "scalar"),
            ("numeric", "_frombuffer"),
        )
    ),
}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that calls only harmless functions; pickle itself would call any."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _HARMLESS:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"it requests {module}.{name}")


def _text(value: Any) -> Any:
    return value.decode("latin1") if isinstance(value, bytes) else value


def _unpickle(data: bytes, where: str, *keys: str) -> dict[str, Any]:
    try:
        content = _ArraysOnly(io.BytesIO(data), encoding="latin1").load()
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError) as error:
        raise UserError(f"{where}: not a batch of CIFAR images ({error}); rejected") from None
    content = {_text(key): value for key, value in content.items()}
    missing = [key for key in keys if key not in content]
    if missing:
        raise UserError(f"{where}: not a batch of CIFAR images: no {' and no '.join(missing)}")
    return content


def read(folder: Path, scratch: Path) -> Listing:
    """List the published train and test images, in batch order, named by their files."""
    present = [name for name in _BATCHES if (folder / name).is_file()]
    if not present:
        raise UserError(f"{folder}: contains neither {' nor '.join(_BATCHES)}")
    root, batches, (meta, names_key, labels_key) = _BATCHES[present[0]]
    members = open_members(folder / present[0], scratch)
    classes = _unpickle(members.bytes(f"{root}/{meta}"), meta, names_key)[names_key]
    samples = []
    for split, files in batches.items():
        for file in files:
            batch = _unpickle(members.bytes(f"{root}/{file}"), file, "data", labels_key)
            pixels = np.asarray(batch["data"], dtype=np.uint8).reshape(-1, 3, 32, 32)
            numbered = [f"{file}_{number:05d}" for number in range(len(pixels))]
            names = [f"{file}/{_text(name)}" for name in batch.get("filenames", numbered)]
            images = save(pixels.transpose(0, 2, 3, 1), scratch / f"{file}.npy", names)
            samples += [
                Sample(id=stem(image.name), labels=(int(label),), image=image, split=split)
                for image, label in zip(images, batch[labels_key], strict=True)
            ]
    return Listing(with_unique_ids(samples), tuple(_text(name) for name in classes))
