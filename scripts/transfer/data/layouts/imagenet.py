"""ImageNet (ILSVRC 2012): the challenge's archives, or unpacked folders of WordNet ids."""

import io
from pathlib import Path

from scipy.io import loadmat

from transfer.data.layouts.folders import class_folders, images_below
from transfer.data.members import Members
from transfer.data.samples import Listing, Sample, stem
from transfer.data.unpacking import open_members
from transfer.errors import UserError

TRAIN = "ILSVRC2012_img_train.tar"
VAL = "ILSVRC2012_img_val.tar"
DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"


def read(folder: Path, scratch: Path, *, path: str | None = None) -> Listing:
    """Read train and val; classes are the sorted WordNet ids, as in pre-trained models.

    `path` is a folder with `train/<wnid>/*.JPEG` and `val/<wnid>/*.JPEG`; without it, the three
    archives are read in place (the training archive contains one tar per class).
    """
    if path:
        parts = {
            split: open_members(Path(path) / split, scratch)
            for split in ("train", "val")
            if (Path(path) / split).is_dir()
        }
        if not parts:
            raise UserError(f"{path}: contains neither a folder 'train' nor 'val'")
    else:
        train = open_members(folder / TRAIN, scratch, nested=("n*.tar",))
        parts = {"train": train, "val": _labelled_validation(folder, scratch)}
    found = {split: class_folders(members) for split, members in parts.items()}
    classes = tuple(sorted({name for _, names in found.values() for name in names}))
    numbers = {name: number for number, name in enumerate(classes)}
    samples = [
        Sample(sample.id, (numbers[names[sample.labels[0]]],), sample.image, split)
        for split, (listed, names) in found.items()
        for sample in listed
    ]
    return Listing(tuple(samples), classes)


def _labelled_validation(folder: Path, scratch: Path) -> Members:
    """The validation images, which are in one flat folder, as if in class folders."""
    devkit = open_members(folder / DEVKIT, scratch).below("ILSVRC2012_devkit_t12", "data")
    synsets = loadmat(io.BytesIO(devkit.bytes("meta.mat")), squeeze_me=True)["synsets"]
    wnids = {int(row["ILSVRC2012_ID"]): str(row["WNID"]) for row in synsets}
    truth = devkit.text("ILSVRC2012_validation_ground_truth.txt").split()
    members = open_members(folder / VAL, scratch)
    names = sorted(images_below(members), key=stem)
    if len(names) != len(truth):
        raise UserError(f"{folder / VAL}: {len(names)} images, but {len(truth)} labels")
    return Members(
        {
            f"{wnids[int(number)]}/{name}": members[name]
            for name, number in zip(names, truth, strict=True)
        }
    )
