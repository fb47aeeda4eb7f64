"""One folder per class: EuroSAT, Caltech-101, and your own images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from transfer.data.left_out import is_image, left_out, not_images
from transfer.data.members import Members
from transfer.data.samples import Listing, Sample, class_order, stem, with_unique_ids
from transfer.data.split_names import split_of
from transfer.data.unpacking import open_members
from transfer.errors import UserError

SPLITS = ("train", "val", "test")


def images_below(members: Members) -> list[str]:
    """Names of the images among the members, in ImageFolder's order.

    Hidden files are skipped, such as the `._*.jpg` that macOS creates beside each image.
    """
    names = [name for name in members if is_image(name)]
    return sorted(names, key=lambda name: (PurePosixPath(name).parent.as_posix(), name))


def class_folders(
    members: Members, order: Sequence[str] | None = None
) -> tuple[list[Sample], tuple[str, ...]]:
    """One sample per image; its class is the first folder of its path. Classes are sorted.

    `order` are the names of the classes in another order, or more of them.
    """
    names = [name for name in images_below(members) if "/" in name]
    classes = list(order or class_order(name.split("/")[0] for name in names))
    numbers = {name: number for number, name in enumerate(classes)}
    names.sort(key=lambda name: numbers[name.split("/")[0]])
    samples = [
        Sample(id=stem(name), labels=(numbers[name.split("/")[0]],), image=members[name])
        for name in names
    ]
    return samples, tuple(classes)


def read(
    folder: Path,
    scratch: Path,
    *,
    path: str | None = None,
    archive: str | None = None,
    root: str | None = None,
    classes: list[str] | None = None,
) -> Listing:
    """Read class folders from the folder `path`, or from the only archive among the downloads.

    Common parent folders are skipped; `root` names the folder with the class folders where that is
    not enough. Parents named after splits, such as `train` and `seg_test`, are used as published
    splits; otherwise a split must be drawn. `classes` are the names of the class folders in order;
    without it they are sorted. Raises UserError for folders that cannot be classes.
    """
    source = Path(path) if path else _only_archive(folder, archive)
    members = open_members(source, scratch)
    if root:
        below = members.below(*root.strip("/").split("/"))
        if not below:
            raise UserError(f"{source}: has no folder '{root}', the `root` of its layout")
        members = below
    images = Members({name: members[name] for name in images_below(members)})
    inside, prefix = _without_parents(images)
    splits = _split_folders(inside)
    parts = _parts(inside, splits) if splits else {"": inside}
    _check_others(f"{source}/{prefix}", inside, splits)
    for top, part in parts.items():
        _check_classes(f"{source}/{prefix}{top}".rstrip("/"), part, classes)
    names = classes or class_order(name for part in parts.values() for name in _subfolders(part))
    # Where only one part has classes, the others have no labels, and a split may be drawn from it.
    published = len(set(splits.values())) > 1
    samples = [
        replace(sample, split=splits[top] if published else None)
        for top, part in parts.items()
        for sample in class_folders(part, names)[0]
    ]
    used = {sample.image.name for sample in samples}
    stray = [member.name for member in images.values() if member.name not in used]
    unused = (
        *left_out("links that lead nowhere or back", members.unread),
        *not_images(members),
        *left_out("images outside any class folder", stray),
    )
    notes = tuple(f"folder '{top}' is the split {splits[top]}" for top in parts if published)
    return Listing(with_unique_ids(samples), tuple(names), unused, notes)


def _subfolders(images: Mapping[str, object]) -> dict[str, set[str]]:
    """The top folders of images, each with its own subfolders; "" among them for its images."""
    found: dict[str, set[str]] = {}
    for name in images:
        top, *rest = name.split("/")
        if rest:
            found.setdefault(top, set()).add(rest[0] if len(rest) > 1 else "")
    return found


def _without_parents(images: Members) -> tuple[Members, str]:
    """The images without common parent folders, such as EuroSAT's `2750`; and those parents.

    Images beside a parent folder, or in it beside several others, are dropped.
    """
    prefix = ""
    while len(tops := _subfolders(images)) == 1:
        ((top, inside),) = tops.items()
        # A class folder may hold a folder of further images.
        if not inside - {""} or ("" in inside and len(inside) == 2):
            break
        images, prefix = images.below(top), f"{prefix}{top}/"
    return images, prefix


def _split_folders(images: Members) -> dict[str, str]:
    """The top folders that are named after splits and hold class folders, with their splits."""
    tops = _subfolders(images)
    splits = {top: split for top in tops if (split := split_of(top)) and tops[top] - {""}}
    # A single one may be a class, such as the trains among vehicles.
    others = any(split_of(top) is None for top in tops)
    return {} if len(splits) == 1 and others else splits


def _parts(images: Members, splits: Mapping[str, str]) -> dict[str, Members]:
    """The images of each split folder by class folder, in the order of the splits.

    A folder of the same split in it is skipped, as in `seg_train/seg_train`, and one that all of
    them have.
    """
    parts = {}
    for top in sorted(splits, key=lambda top: (SPLITS.index(splits[top]), top)):
        part = images.below(top)
        while len(tops := _subfolders(part)) == 1 and split_of(only := next(iter(tops))):
            part = part.below(only)
        parts[top] = part
    while len(shared := {only for part in parts.values() for only in _subfolders(part)}) == 1:
        (only,) = shared
        if any("" in _subfolders(part)[only] for part in parts.values()):
            break
        parts = {top: part.below(only) for top, part in parts.items()}
    return parts


def _check_others(source: str, images: Members, splits: Mapping[str, str]) -> None:
    """Raise UserError for folders that cannot be splits beside others, nor classes."""
    tops = _subfolders(images)
    others = [top for top in tops if splits and top not in splits and tops[top] - {""}]
    if others:
        raise UserError(
            f"{source}: {_listed(splits)} are splits with class folders, and {_listed(others)} "
            "beside them cannot be assigned to one: rename what is to be used to train, val or "
            "test, and move the rest elsewhere"
        )
    named = {split_of(top) for top in tops}
    if not splits and len(named) > 1 and None not in named:
        raise UserError(
            f"{source}: {_listed(tops)} are splits, but no class folders were found in them: put "
            "the images of each class into a folder of its own, or list them in a table "
            "(`layout: {kind: table}`)"
        )


def _check_classes(source: str, images: Members, classes: Sequence[str] | None) -> None:
    """Raise UserError if the top folders are not those of classes; `classes` are those expected."""
    tops = _subfolders(images)
    if classes:
        if unknown := [top for top in tops if top not in classes]:
            raise UserError(
                f"{source}: {_listed(unknown)} not among the `classes` of its layout: "
                f"{', '.join(classes)}"
            )
        return
    named = "name the folders that are classes under `classes`"
    common = set.intersection(*tops.values()) - {""} if len(tops) > 1 else set()
    if len(common) > 1:
        raise UserError(
            f"{source}: {_listed(tops)} all hold the same folders ({_listed(common)}), so they are "
            "parts of the dataset, and not classes: rename them to train, val and test, choose "
            f"one with `root`, or {named}"
        )
    deep = [top for top, inside in tops.items() if "" not in inside and len(inside) > 1]
    flat = [top for top, inside in tops.items() if "" in inside]
    if deep and flat:
        raise UserError(
            f"{source}: {_listed(deep)} hold folders of images, and {_listed(flat)} beside them "
            f"hold images: choose the folder of class folders with `root`, or {named}"
        )
    of_lower: dict[str, list[str]] = {}
    for top in tops:
        of_lower.setdefault(top.lower(), []).append(top)
    if alike := [top for names in of_lower.values() if len(names) > 1 for top in names]:
        raise UserError(f"{source}: {_listed(alike)} differ in case alone: rename one, or {named}")


def _listed(names: Iterable[str], most: int = 6) -> str:
    names = sorted(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


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
