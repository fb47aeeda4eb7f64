"""Datasets whose labels are MATLAB files: Oxford 102 Flowers and Stanford Cars."""

import io
from pathlib import Path
from typing import Any

from scipy.io import loadmat

from transfer.data.samples import Listing, Sample, with_unique_ids
from transfer.data.unpacking import open_members
from transfer.errors import UserError


def _load(data: bytes, where: str) -> dict[str, Any]:
    try:
        return loadmat(io.BytesIO(data), squeeze_me=True)
    except (ValueError, TypeError, OSError, NotImplementedError) as error:
        raise UserError(f"{where}: not a MATLAB file ({error})") from None


def _file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    return _load(path.read_bytes(), str(path))


def flowers102(folder: Path, scratch: Path) -> Listing:
    """Oxford 102 Flowers: labels and splits by image number; train and val have 10 per class."""
    members = open_members(folder / "102flowers.tgz", scratch)
    labels = _file(folder / "imagelabels.mat")["labels"]
    parts = _file(folder / "setid.mat")
    samples = [
        Sample(
            id=f"image_{number:05d}",
            labels=(int(labels[number - 1]) - 1,),
            image=members.image(f"jpg/image_{number:05d}.jpg"),
            split=split,
        )
        for split, key in {"train": "trnid", "val": "valid", "test": "tstid"}.items()
        for number in parts[key].tolist()
    ]
    return Listing(tuple(samples), tuple(f"class {n}" for n in range(1, int(max(labels)) + 1)))


def cars(folder: Path, scratch: Path) -> Listing:
    """Stanford Cars: `00001.jpg` exists in train and in test, so ids include the folder."""
    devkit = open_members(folder / "car_devkit.tgz", scratch)
    annotations = {
        "train": _load(devkit.bytes("devkit/cars_train_annos.mat"), "cars_train_annos.mat"),
        "test": _file(folder / "cars_test_annos_withlabels.mat"),
    }
    names = _load(devkit.bytes("devkit/cars_meta.mat"), "cars_meta.mat")["class_names"]
    samples = []
    for split, table in annotations.items():
        members = open_members(folder / f"cars_{split}.tgz", scratch)
        for row in table["annotations"]:
            name = str(row["fname"])
            image = members.image(f"cars_{split}/{name}")
            samples.append(Sample(name.split(".")[0], (int(row["class"]) - 1,), image, split))
    return Listing(with_unique_ids(samples), tuple(str(name) for name in names))
