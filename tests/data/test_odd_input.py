"""Bad and odd input of one's own: refused with the file and the remedy, or handled and stated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stand_ins
from stand_in_tables import a_dataset

from transfer.data.left_out import LeftOut
from transfer.data.prepare import prepare_dataset
from transfer.data.store import open_dataset
from transfer.errors import UserError

Files = Mapping[str, bytes | str]
LISTED = {"method": "listed"}
DRAWN = {"method": "per_class", "seed": 0, "fraction": 0.5}


@dataclass(frozen=True)
class Case:
    """Files below a folder, the block that names them, and what comes of it.

    `refused` is a pattern that the message must match, `stated` phrases of the summary's `notes`
    and `left_out`; `counts` and `classes` are those of the prepared dataset.
    """

    files: Files
    layout: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, Any] = field(default_factory=lambda: DRAWN)
    refused: str = ""
    stated: tuple[str, ...] = ()
    counts: Mapping[str, int] | None = None
    classes: tuple[str, ...] | None = None
    ids: set[str] | None = None
    block: Mapping[str, Any] = field(default_factory=dict)
    after: Callable[[Path], None] = lambda folder: None


def images(*names: str) -> dict[str, bytes]:
    """Different images of these names."""
    kinds = {"jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "jfif": "JPEG"}
    found = {}
    for name in names:
        suffix = name.rsplit(".", 1)[-1].lower()
        picture = stand_ins.photograph(hash_of(name), 40, 36)
        known = suffix in ("jpg", "jpeg", "jfif", "tif", "png", "gif", "bmp", "webp")
        kind = kinds.get(suffix, suffix.upper()) if known else "PNG"
        found[name] = stand_ins.encoded(picture, kind)
    return found


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode(), "big") % 2**32


def of_classes(*parents: str, classes: str = "cat dog", each: int = 4) -> dict[str, bytes]:
    """`each` images of each class, in a folder of its name below each of the parents."""
    return images(
        *(
            f"{parent}/{name}/{parent.replace('/', '_')}{name}{n}.png".lstrip("/")
            for parent in parents
            for name in classes.split()
            for n in range(each)
        )
    )


def link(name: str, target: str) -> Callable[[Path], None]:
    def made(folder: Path) -> None:
        (folder / name).symlink_to(target, target_is_directory=True)

    return made


FOLDERS = {
    "splits called Training and Testing": Case(
        of_classes("Training", "Testing"),
        split=LISTED,
        counts={"train": 8, "test": 8},
        classes=("cat", "dog"),
        stated=("folder 'Training' is the split train", "folder 'Testing' is the split test"),
    ),
    "splits with prefixes, each in a folder of its own name": Case(
        of_classes("seg_train/seg_train", "seg_test/seg_test") | images("seg_pred/seg_pred/1.png"),
        split=LISTED,
        refused="seg_test, seg_train are splits .* seg_pred beside them .* rename",
    ),
    "unlabelled images beside the splits": Case(
        of_classes("seg_train/seg_train", "seg_test/seg_test") | images("seg_pred/1.png"),
        split=LISTED,
        counts={"train": 8, "test": 8},
        stated=("1 left out: images outside any class folder: seg_pred/1.png",),
    ),
    "train, dev and EVAL": Case(
        of_classes("a b/TRAIN", "a b/Dev", "a b/EVAL"),
        split=LISTED,
        counts={"train": 8, "val": 8, "test": 8},
    ),
    "an unlabelled test folder": Case(
        of_classes("train") | images("test/1.png", "test/2.png"),
        counts={"train": 4, "val": 4},
        stated=("2 left out: images outside any class folder: test/1.png, test/2.png",),
    ),
    "split folders that would be mixed": Case(
        of_classes("Training", "Testing"), refused="splits already .*method: listed"
    ),
    "split folders without class folders": Case(
        images("train/1.png", "train/2.png", "test/1.png"),
        split=LISTED,
        refused="test, train are splits, but no class folders .*kind: table",
    ),
    "parts that all hold the same classes": Case(
        of_classes("color", "grayscale", "segmented"),
        refused=r"color, grayscale, segmented all hold the same folders \(cat, dog\).*root",
    ),
    "one of such parts, chosen": Case(
        of_classes("color", "grayscale"),
        layout={"root": "color"},
        counts={"train": 4, "val": 4},
        classes=("cat", "dog"),
    ),
    "a root that is not there": Case(
        of_classes("color", "grayscale"),
        layout={"root": "colour"},
        refused="has no folder 'colour', the `root` of its layout",
    ),
    "splits below the classes": Case(
        of_classes("cat", "dog", classes="train test"),
        split=LISTED,
        refused=r"cat, dog all hold the same folders \(test, train\)",
    ),
    "documentation with figures beside the folder of classes": Case(
        of_classes("images") | images("docs/figure.png"),
        refused="images hold folders of images, and docs beside them .*root",
    ),
    "folders within the folders of classes": Case(
        of_classes("cat/left", "dog/images", classes="a")
        | images("cat/1.png", "dog/1.png", "cat/2.png"),
        counts={"train": 6, "val": 5},
        classes=("cat", "dog"),
    ),
    "classes that differ in case": Case(
        of_classes("", classes="Cat cat"), refused="Cat, cat differ in case alone"
    ),
    "classes that are meant to differ in case": Case(
        of_classes("", classes="Cat cat"),
        layout={"classes": ["cat", "Cat"]},
        counts={"train": 4, "val": 4},
        classes=("cat", "Cat"),
    ),
    "a folder that is not among the classes": Case(
        of_classes("", classes="cat dog bird"),
        layout={"classes": ["cat", "dog"]},
        refused="bird not among the `classes` of its layout: cat, dog",
    ),
    "classes that are numbers": Case(
        of_classes("", classes="10 9 1 0"),
        counts={"train": 8, "val": 8},
        classes=("0", "1", "9", "10"),
    ),
    "files that are not read": Case(
        of_classes("")
        | images("cat/a.gif", "cat/b.jfif", "dog/c.jp2", "dog/d.avif", "dog/e.HEIC")
        | {
            "cat/Thumbs.db": b"x",
            "readme": b"x",
            "cat/.hidden.png": b"x",
            "__MACOSX/cat/a.png": b"",
        }
        | images("stray.png", ".ipynb_checkpoints/1.png"),
        counts={"train": 4, "val": 4},
        stated=(
            "3 left out: hidden files: .ipynb_checkpoints/1.png, __MACOSX/cat/a.png",
            ".avif files are not read: dog/d.avif",
            ".db files are not read: cat/Thumbs.db",
            ".gif files are not read: cat/a.gif",
            ".heic files are not read: dog/e.HEIC",
            ".jfif files are not read: cat/b.jfif",
            ".jp2 files are not read: dog/c.jp2",
            "no image suffix: readme",
            "images outside any class folder: stray.png",
        ),
    ),
    "no images, but files of other formats": Case(
        images("cat/1.gif", "dog/2.gif"), refused=r"(?s)no images .*2 left out: .gif files are not"
    ),
    "a folder that is not there": Case({}, layout={"path": "/not/there"}, refused="no such file"),
    "a linked class folder": Case(
        of_classes("own", classes="cat") | of_classes("elsewhere", classes="dog"),
        layout={"root": "own"},
        after=link("own/dog", "../elsewhere/dog"),
        counts={"train": 4, "val": 4},
        classes=("cat", "dog"),
    ),
    "links that lead back and nowhere": Case(
        of_classes(""),
        after=lambda folder: [
            link("cat/up", "..")(folder),
            link("dog/itself", "itself")(folder),
            link("gone.png", "nowhere.png")(folder),
        ],
        counts={"train": 4, "val": 4},
        stated=("3 left out: links that lead nowhere or back: cat/up, dog/itself, gone.png",),
    ),
    "one stem in two folders, and with two suffixes": Case(
        images("cat/1.png", "dog/1.png", "cat/2.png", "cat/2.jpg", "dog/3.png"),
        ids={"cat/1", "dog/1", "cat/2.png", "cat/2.jpg", "3"},
    ),
}


def outcome(case: Case, layout: Mapping[str, Any], folder: Path, workers: int) -> Any:
    source = folder / "in"
    source.mkdir()
    for name, content in case.files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    case.after(source)
    dataset = a_dataset(
        layout={"path": str(source), **layout, **case.layout}, split=case.split, **case.block
    )
    prepare_dataset(dataset, folder, folder / "out", workers=workers)
    return open_dataset(folder / "out", 32)


def check(case: Case, layout: Mapping[str, Any], folder: Path, workers: int = 1) -> None:
    if case.refused:
        with pytest.raises(UserError, match=case.refused):
            outcome(case, layout, folder, workers)
        assert not (folder / "out" / "index.csv").exists()
        return
    data = outcome(case, layout, folder, workers)
    summary = data.summary
    said = [*summary["notes"], *(str(LeftOut(**entry)) for entry in summary["left_out"])]
    for phrase in case.stated:
        assert any(phrase in line for line in said), said
    if case.counts is not None:
        assert summary["counts"] == case.counts
    if case.classes is not None:
        assert data.classes == case.classes
    if case.ids is not None:
        assert set(data.ids) == case.ids


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(name, tmp_path):
    check(FOLDERS[name], {"kind": "folders"}, tmp_path)
