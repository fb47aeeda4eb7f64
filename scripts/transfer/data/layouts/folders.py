"""One folder per class: EuroSAT, Caltech-101, and your own images."""

from pathlib import Path, PurePosixPath

from transfer.data.members import Members
from transfer.data.samples import Listing, Sample, stem, with_unique_ids
from transfer.data.unpacking import open_members
from transfer.errors import UserError

# Image suffixes of torchvision's ImageFolder, and more.
SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")

SPLIT_FOLDERS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test",
}  # fmt: skip


def images_below(members: Members) -> list[str]:
    """Names of the images among the members, in ImageFolder's order.

    Hidden files are skipped, such as the `._*.jpg` that macOS creates beside each image.
    """
    names = [
        name
        for name in members
        if name.lower().endswith(SUFFIXES) and not PurePosixPath(name).name.startswith(".")
    ]
    return sorted(names, key=lambda name: (PurePosixPath(name).parent.as_posix(), name))


def class_folders(members: Members) -> tuple[list[Sample], tuple[str, ...]]:
    """One sample per image; its class is the first folder of its path. Classes are sorted."""
    names = [name for name in images_below(members) if "/" in name]
    classes = sorted({name.split("/")[0] for name in names})
    numbers = {name: number for number, name in enumerate(classes)}
    names.sort(key=lambda name: numbers[name.split("/")[0]])
    samples = [
        Sample(id=stem(name), labels=(numbers[name.split("/")[0]],), image=members[name])
        for name in names
    ]
    return samples, tuple(classes)


def _single_root(members: Members) -> Members:
    """The members without common top-level folders, such as EuroSAT's `2750`."""
    while True:
        names = images_below(members)
        tops = {name.split("/")[0] for name in names}
        if len(tops) != 1 or not all(name.count("/") > 1 for name in names):
            return members
        members = members.below(tops.pop())


def read(
    folder: Path, scratch: Path, *, path: str | None = None, archive: str | None = None
) -> Listing:
    """Read class folders from the folder `path`, or from the only archive among the downloads.

    Common parent folders are skipped. Parents called train, val (valid, validation) and test are
    used as published splits; otherwise a split must be drawn.
    """
    source = Path(path) if path else _only_archive(folder, archive)
    members = _single_root(open_members(source, scratch))
    tops = {name.split("/")[0] for name in images_below(members)}
    if not tops or not tops <= set(SPLIT_FOLDERS):
        samples, classes = class_folders(members)
        return Listing(with_unique_ids(samples), classes)
    parts = {top: members.below(top) for top in sorted(tops, key=list(SPLIT_FOLDERS).index)}
    everything = [(SPLIT_FOLDERS[top], class_folders(part)) for top, part in parts.items()]
    classes = tuple(sorted({name for _, (_, names) in everything for name in names}))
    samples = [
        Sample(sample.id, (classes.index(names[sample.labels[0]]),), sample.image, split)
        for split, (found, names) in everything
        for sample in found
    ]
    return Listing(with_unique_ids(samples), classes)


def _only_archive(folder: Path, archive: str | None) -> Path:
    if archive:
        return folder / archive
    files = sorted(
        file
        for file in (folder.iterdir() if folder.is_dir() else ())
        if not file.name.startswith(".") and file.name.endswith((".zip", ".tar", ".gz", ".tgz"))
    )
    if len(files) != 1:
        found = ", ".join(file.name for file in files) or "none"
        raise UserError(f"{folder}: expected one archive, found {found}; set 'archive: ...'")
    return files[0]


def caltech101(folder: Path, scratch: Path) -> Listing:
    """Caltech-101, including the background class: 102 folders and 9,144 images, as in papers.

    The zip contains the images in a nested tar.
    """
    members = open_members(
        folder / "caltech-101.zip", scratch, nested=("101_ObjectCategories.tar.gz",)
    )
    root = "caltech-101/101_ObjectCategories"
    samples, classes = class_folders(members.below(root))
    return Listing(with_unique_ids(samples), classes)
