"""Datasets whose splits are text files that list images: five of kornblith2019's twelve, SUN397.

A published validation part is `val`; kornblith2019 trains the final models on train and val
together, so its Table 1 counts both as training images.
"""

import re
from pathlib import Path

from transfer.data.samples import Listing, Sample, stem, with_unique_ids
from transfer.data.unpacking import open_members
from transfer.errors import UserError


def food101(folder: Path, scratch: Path) -> Listing:
    """Food-101: `meta/train.txt` and `meta/test.txt` list `<class>/<image>`."""
    members = open_members(folder / "food-101.tar.gz", scratch).below("food-101")
    lists = {split: members.text(f"meta/{split}.txt").split() for split in ("train", "test")}
    classes = sorted({name.split("/")[0] for names in lists.values() for name in names})
    samples = [
        Sample(
            id=stem(name),
            labels=(classes.index(name.split("/")[0]),),
            image=members.image(f"images/{name}.jpg"),
            split=split,
        )
        for split, names in lists.items()
        for name in names
    ]
    return Listing(with_unique_ids(samples), tuple(classes))


def aircraft(folder: Path, scratch: Path, *, level: str = "variant") -> Listing:
    """FGVC Aircraft: 100 variants (or `level` family, manufacturer), lines `<image> <class>`."""
    members = open_members(folder / "fgvc-aircraft-2013b.tar.gz", scratch)
    members = members.below("fgvc-aircraft-2013b", "data")
    plural = {"variant": "variants", "family": "families", "manufacturer": "manufacturers"}[level]
    classes = [line.strip() for line in members.text(f"{plural}.txt").splitlines() if line.strip()]
    samples = []
    for split in ("train", "val", "test"):
        for line in members.text(f"images_{level}_{split}.txt").splitlines():
            name, label = line.strip().split(" ", 1)
            image = members.image(f"images/{name}.jpg")
            samples.append(Sample(name, (classes.index(label),), image, split))
    return Listing(tuple(samples), tuple(classes))


def dtd(folder: Path, scratch: Path, *, partition: int = 1) -> Listing:
    """Describable Textures: ten partitions, the first by default as in kornblith2019."""
    members = open_members(folder / "dtd-r1.0.1.tar.gz", scratch).below("dtd")
    lists = {
        split: members.text(f"labels/{split}{partition}.txt").split()
        for split in ("train", "val", "test")
    }
    classes = sorted({name.split("/")[0] for names in lists.values() for name in names})
    samples = [
        Sample(
            id=stem(name),
            labels=(classes.index(name.split("/")[0]),),
            image=members.image(f"images/{name}"),
            split=split,
        )
        for split, names in lists.items()
        for name in names
    ]
    return Listing(tuple(samples), tuple(classes))


def pets(folder: Path, scratch: Path) -> Listing:
    """Oxford-IIIT Pets: `trainval.txt` and `test.txt`, lines `<image> <class> ...`."""
    images = open_members(folder / "images.tar.gz", scratch)
    annotations = open_members(folder / "annotations.tar.gz", scratch)
    samples = []
    names: dict[int, str] = {}
    for split, file in {"train": "trainval", "test": "test"}.items():
        for line in annotations.text(f"annotations/{file}.txt").splitlines():
            name, number = line.split()[:2]
            label = int(number) - 1
            names[label] = name.rsplit("_", 1)[0].replace("_", " ")
            samples.append(Sample(name, (label,), images.image(f"images/{name}.jpg"), split))
    return Listing(tuple(samples), tuple(names[label] for label in sorted(names)))


def sun397(folder: Path, scratch: Path, *, partition: int = 1) -> Listing:
    """SUN397 with the authors' partitions: 50 training and 50 test images of each class."""
    members = open_members(folder / "SUN397.tar.gz", scratch).below("SUN397")
    lists = open_members(folder / "Partitions.zip", scratch)
    by_base = {name.rsplit("/", 1)[-1]: name for name in lists}
    classes = [line.strip() for line in lists.text(by_base["ClassName.txt"]).splitlines()]
    numbers = {name: number for number, name in enumerate(classes)}
    samples = []
    for split, part in {"train": "Training", "test": "Testing"}.items():
        for line in lists.text(by_base[f"{part}_{partition:02d}.txt"]).split():
            label = numbers[line.rsplit("/", 1)[0]]
            samples.append(Sample(stem(line), (label,), members.image(line[1:]), split))
    short = tuple(re.sub(r"^/./", "", name) for name in classes)
    return Listing(with_unique_ids(samples), short)


def birdsnap(folder: Path, scratch: Path) -> Listing:
    """Birdsnap: `images.txt` lists all images, `test_images.txt` those of the test part.

    Many of the photographs have disappeared from the web; images missing from the archive are left
    out, as in every study since 2014.
    """
    tables = open_members(folder / "birdsnap.tgz", scratch).below("birdsnap")
    images = open_members(folder / "birdsnap-images.zip", scratch)
    header, *lines = (line.split("\t") for line in tables.text("images.txt").splitlines())
    if "path" not in header:
        raise UserError(f"{folder / 'birdsnap.tgz'}: images.txt has no column 'path'")
    column = header.index("path")
    test = set(tables.text("test_images.txt").split()[1:])
    paths = [line[column] for line in lines]
    classes = sorted({path.split("/")[0] for path in paths})
    samples = [
        Sample(
            id=stem(path),
            labels=(classes.index(path.split("/")[0]),),
            image=images[f"images/{path}"],
            split="test" if path in test else "train",
        )
        for path in paths
        if f"images/{path}" in images
    ]
    return Listing(with_unique_ids(samples), tuple(name.replace("_", " ") for name in classes))
