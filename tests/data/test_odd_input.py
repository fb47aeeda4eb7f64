"""Bad and odd input of one's own: refused with the file and the remedy, or handled and stated."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import stand_ins
import yaml
from PIL import Image
from stand_in_tables import BLOCK

from transfer.data.dataset import read_datasets
from transfer.data.decoded import DECODED
from transfer.data.decoding import shrink
from transfer.data.left_out import LeftOut
from transfer.data.preparation import RUN
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
    brightest: Mapping[str, int] = field(default_factory=dict)
    equal: Mapping[str, int] = field(default_factory=dict)
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
    return zlib.crc32(name.encode())


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


def zipped(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PICTURES = images(*(f"img/{n}.png" for n in range(8)))


def rows(*cells: str, header: str = "path,label", delimiter: str = ",") -> str:
    """A table of these rows, cells separated by commas, in another delimiter."""
    return "\n".join([header, *cells]).replace(",", delimiter) + "\n"


def labelled(*labels: str, name: str = "img/{}.png") -> list[str]:
    return [f"{name.format(n)},{label}" for n, label in enumerate(labels)]


def table(*labels: str, name: str = "img/{}.png", **form: str) -> dict[str, bytes | str]:
    """Eight images, the first of which have these labels, and their table."""
    return {**PICTURES, "train.csv": rows(*labelled(*labels, name=name), **form)}


CATS = ("cat", "dog") * 4
HAM_IDS = [f"ISIC_{24306 + n:07d}" for n in range(12)]
HAM_TABLE = rows(
    *(
        f"HAM_{n // 2:07d},{key},{('bkl', 'nv', 'mel')[n // 2 % 3]},histo,80.0,male,lower extremity"
        for n, key in enumerate(HAM_IDS)
    ),
    header="lesion_id,image_id,dx,dx_type,age,sex,localization",
)
HAM_PARTS = {
    f"HAM10000_images_part_{part}": images(*(f"{key}.jpg" for key in HAM_IDS[part - 1 :: 2]))
    for part in (1, 2)
}
HAM_FOLDERS: dict[str, bytes | str] = {
    f"{part}/{name}": data for part, files in HAM_PARTS.items() for name, data in files.items()
}
HAM = {"table": "HAM10000_metadata.csv", "id": "image_id", "label": "dx"}
HAM_FOUND: dict[str, Any] = {
    "counts": {"train": 6, "val": 6},
    "classes": ("bkl", "mel", "nv"),
    "ids": set(HAM_IDS),
}

TABLES = {
    "HAM10000 with its folders": Case(
        {**HAM_FOLDERS, "HAM10000_metadata.csv": HAM_TABLE}, layout=HAM, **HAM_FOUND
    ),
    "HAM10000 with its archives": Case(
        {f"{part}.zip": zipped(files) for part, files in HAM_PARTS.items()}
        | {"HAM10000_metadata.csv": HAM_TABLE},
        layout=HAM | {"path": None},
        **HAM_FOUND,
    ),
    "HAM10000 as Kaggle packs it, with every folder twice": Case(
        {
            "archive.zip": zipped(
                HAM_FOLDERS
                | {name.replace("HAM10000", "ham10000"): data for name, data in HAM_FOLDERS.items()}
                | {"HAM10000_metadata.csv": HAM_TABLE, "hmnist_8_8_L.csv": "pixel0000\n1\n"}
            )
        },
        layout=HAM | {"path": None, "images": "HAM10000_images_part_*/{id}.jpg"},
        stated=("12 left out: images that no row names: ham10000_images_part_1/ISIC",),
        **HAM_FOUND,
    ),
    "HAM10000 as Kaggle packs it, without saying which folder": Case(
        {
            "archive.zip": zipped(
                HAM_FOLDERS
                | {name.replace("HAM10000", "ham10000"): data for name, data in HAM_FOLDERS.items()}
                | {"HAM10000_metadata.csv": HAM_TABLE}
            )
        },
        layout=HAM | {"path": None},
        refused="line 2: HAM10000_images_part_1/.* and ham10000_images_part_1/.* fit .*`images`",
    ),
    "a label with a space": Case(
        table(*("lower extremity", "trunk") * 4), classes=("lower extremity", "trunk")
    ),
    "several labels where there is one": Case(
        table(*CATS), layout={"separator": ";"}, refused="for several labels .*multilabel: true"
    ),
    "several labels, separated by |": Case(
        table(*("left eye|red", "red", "", "left eye") * 2),
        split={"method": "random", "seed": 0, "fraction": 0.5},
        block={"multilabel": True, "metric": "macro_f1"},
        classes=("left eye", "red"),
        stated=("several labels are separated by '|'",),
    ),
    "semicolons": Case(
        table(*CATS, delimiter=";"), classes=("cat", "dog"), stated=("separated by ';'",)
    ),
    "tabulators in Windows-1252": Case(
        {
            **PICTURES,
            "train.csv": rows(*labelled(*("chèvre", "âne") * 4), delimiter="\t").encode("cp1252"),
        },
        classes=("chèvre", "âne"),
        stated=("separated by '\\t'", "read as cp1252"),
    ),
    "UTF-16 with a byte order mark": Case(
        {**PICTURES, "train.csv": rows(*labelled(*CATS)).encode("utf-16")}, classes=("cat", "dog")
    ),
    "UTF-8 with a byte order mark": Case(
        {**PICTURES, "train.csv": rows(*labelled(*CATS)).encode("utf-8-sig")},
        classes=("cat", "dog"),
    ),
    "an encoding that is not the table's": Case(
        {**PICTURES, "train.csv": rows(*labelled(*("chèvre", "âne") * 4)).encode("cp1252")},
        layout={"encoding": "utf-8"},
        refused="cannot be read as utf-8: set its `encoding`",
    ),
    "an encoding that does not exist": Case(
        table(*CATS), layout={"encoding": "utf-9"}, refused="there is no encoding 'utf-9'"
    ),
    "paths without suffix": Case(table(*CATS, name="img/{}"), counts={"train": 4, "val": 4}),
    "ids with a suffix, and a pattern that adds one": Case(
        table(*CATS, name="{}.png"),
        layout={"id": "path", "images": "img/{id}.png"},
        ids={f"{n}.png" for n in range(8)},
    ),
    "paths of Windows": Case(
        table(*CATS, name="C:\\Users\\me\\data\\img\\{}.PNG"), counts={"train": 4, "val": 4}
    ),
    "relative paths of Windows": Case(
        table(*CATS, name=".\\img\\{}.png"), counts={"train": 4, "val": 4}
    ),
    "folders that are another column": Case(
        table(*CATS, name="{}") | images(*(f"{name}/{n}.png" for n, name in enumerate(CATS))),
        layout={"id": "path", "images": "{label}/{path}.png"},
        ids={str(n) for n in range(8)},
    ),
    "a name that two folders have": Case(
        table(*CATS, name="{}.png") | images("other/3.png"),
        refused=r"train.csv: line 5: img/3.png and other/3.png fit '3.png': set `images`",
    ),
    "an image that is not there": Case(
        table(*CATS, "cat"), refused=r"img/8.png: listed, but not among .*\n.*on_bad_image=skip"
    ),
    "no image that is there": Case(
        table(*CATS, name="photos/{}.png"),
        refused="line 2: no image 'photos/0.png'.* there are: img/0.png, .*`images`",
    ),
    "a row without a path": Case(
        table(*CATS) | {"train.csv": rows(*labelled(*CATS), ",cat")},
        refused="line 10: has no image",
    ),
    "a row without a label": Case(
        table("cat", "dog", "", "dog"), refused="line 4: its label is '': give it one, or remove"
    ),
    "a label that a program wrote for none": Case(
        table("cat", "dog", "cat", "NaN"), refused="line 5: its label is 'NaN'"
    ),
    "a class called None": Case(table(*("None", "mild") * 4), classes=("None", "mild")),
    "a class called NA": Case(
        table(*("NA", "EU") * 4), layout={"classes": ["NA", "EU"]}, classes=("NA", "EU")
    ),
    "labels that differ in case and in spaces": Case(
        table(*("cat", "dog ", "Cat", "dog") * 2), refused="'Cat' and 'cat' differ in case alone"
    ),
    "a label with spaces around it": Case(table(*("cat", " dog ") * 4), classes=("cat", "dog")),
    "a label that is not among the classes": Case(
        table(*CATS, "bird"),
        layout={"classes": ["cat", "dog"]},
        refused="line 10: 'bird' is not among the classes: cat, dog",
    ),
    "numbers of classes": Case(
        table(*("1", "0") * 4), layout={"classes": ["cat", "dog"]}, classes=("cat", "dog")
    ),
    "numbers from 1": Case(
        table(*("1", "2") * 4),
        layout={"classes": ["cat", "dog"]},
        refused="line 3: label 2 is not one of the 2 classes, which are numbered from 0",
    ),
    "grades as numbers": Case(table(*("10", "9") * 4), classes=("9", "10")),
    "a column that is not there": Case(
        table(*CATS), layout={"label": "diagnosis"}, refused="missing column diagnosis.*path, label"
    ),
    "a column that is there twice": Case(
        {**PICTURES, "train.csv": rows("img/0.png,cat,dog", header="path,label,label")},
        refused="has two columns label",
    ),
    "a table without header": Case(
        {**PICTURES, "train.csv": "\n".join(labelled(*CATS))},
        refused="missing column path, label; its first line has img/0.png, cat",
    ),
    "a row with too many cells": Case(
        table("cat", "a dog, brown", "dog"), refused="line 3: has 3 cells, and the first line has 2"
    ),
    "a row with too few cells": Case(
        {**PICTURES, "train.csv": rows("img/0.png,cat", "img/1.png")},
        refused="line 3: has 1 cells",
    ),
    "a quote that is never closed": Case(
        table("cat", '"dog', "cat"), refused="not a table .*close the quotes"
    ),
    "an empty table": Case({**PICTURES, "train.csv": ""}, refused="train.csv: .*it is empty"),
    "a header alone": Case({**PICTURES, "train.csv": rows()}, refused="has no row below"),
    "an Excel file": Case(
        {**PICTURES, "train.csv": zipped({"xl/workbook.xml": "x"})}, refused="save the table as CSV"
    ),
    "a web page in the place of a table": Case(
        {**PICTURES, "train.csv": "<!doctype html><html>Log in</html>"}, refused="but a web page"
    ),
    "a table that is not there": Case(
        dict(PICTURES), refused="train.csv: no such file; `path` or `table` of its layout names it"
    ),
    "no table in the archive": Case(
        {"a.zip": zipped(PICTURES)},
        layout={"path": None},
        refused="no table 'train.csv' there, nor in a.zip: name it with `table`",
    ),
    "a table in the archive's only folder": Case(
        {"a.zip": zipped({f"repo-main/{name}": data for name, data in table(*CATS).items()})},
        layout={"path": None},
        counts={"train": 4, "val": 4},
    ),
    "a column of splits, in words of its own": Case(
        {
            **PICTURES,
            "train.csv": rows(
                *(
                    f"{row},{('Training', 'valid', 'TEST')[n // 2 % 3]}"
                    for n, row in enumerate(labelled(*CATS))
                ),
                header="path,label,part",
            ),
        },
        layout={"split": "part"},
        split=LISTED,
        counts={"train": 4, "val": 2, "test": 2},
    ),
    "a column of splits that would be mixed": Case(
        {
            **PICTURES,
            "train.csv": rows(
                *(f"{row},{('train', 'test')[n > 5]}" for n, row in enumerate(labelled(*CATS))),
                header="path,label,Split",
            ),
        },
        refused=r"column 'split' has splits already \(test, train\).*listed.*`split: null`",
    ),
    "a column of splits that is ignored": Case(
        {
            **PICTURES,
            "train.csv": rows(
                *(f"{row},{('train', 'test')[n > 5]}" for n, row in enumerate(labelled(*CATS))),
                header="path,label,split",
            ),
        },
        layout={"split": None},
        counts={"train": 4, "val": 4},
    ),
    "a column called split that has numbers": Case(
        {
            **PICTURES,
            "train.csv": rows(
                *(f"{row},{n % 5}" for n, row in enumerate(labelled(*CATS))),
                header="path,label,split",
            ),
        },
        counts={"train": 4, "val": 4},
        stated=("column 'split' is not used: 0, 1, 2, 3, 4 are not names of splits",),
    ),
    "a split of an unknown name": Case(
        {
            **PICTURES,
            "train.csv": rows("img/0.png,cat,train", "img/1.png,dog,?", header="path,label,part"),
        },
        layout={"split": "part"},
        split=LISTED,
        refused=r"line 3: part '\?' is not a split",
    ),
    "a fold that is no number": Case(
        {**PICTURES, "train.csv": rows("img/0.png,cat,one", header="path,label,fold")},
        layout={"fold": "fold"},
        split={"method": "folds", "seed": 0, "fraction": 0.5},
        refused="line 2: fold 'one' is not an integer",
    ),
}


GROUPED = {"method": "grouped", "seed": 0, "fraction": 0.3}
BY_PATIENT = rows(
    *(f"img/{n}.png,{CATS[n]},{'ABBACCDA'[n]},{'train' if n < 4 else 'test'}" for n in range(8)),
    header="path,label,patient,part",
)
GROUPS = {
    "HAM10000 by lesion": Case(
        {**HAM_FOLDERS, "HAM10000_metadata.csv": HAM_TABLE},
        layout=HAM | {"group": "lesion_id"},
        split=GROUPED,
        counts={"train": 6, "val": 6},
    ),
    "images drawn without regard to patients": Case(
        {**PICTURES, "train.csv": BY_PATIENT},
        layout={"group": "patient"},
        refused="draws images, which would divide the groups of column 'patient'.*method: grouped",
    ),
    "splits of the source that divide patients": Case(
        {**PICTURES, "train.csv": BY_PATIENT},
        layout={"group": "patient", "split": "part"},
        split=LISTED,
        refused=r"its splits divide 1 groups: A in test and train. Draw .*method: grouped",
    ),
    "a single patient": Case(
        {
            **PICTURES,
            "train.csv": rows(*(f"{row},A" for row in labelled(*CATS)), header="path,label,p"),
        },
        layout={"group": "p"},
        split=GROUPED,
        refused="of its 8 images leaves 8 for training and 0 for evaluation",
    ),
    "images of unknown patients": Case(
        {**PICTURES, "train.csv": BY_PATIENT.replace(",B,", ",,")},
        layout={"group": "patient", "split": None},
        split=GROUPED,
        stated=("2 rows without a 'patient' are groups of their own",),
    ),
    "equal pixels without a column of groups": Case(
        {
            f"{name}/{n}.{kind}": stand_ins.encoded(
                stand_ins.photograph(n + 9 * (name == "dog")), kind
            )
            for name in ("cat", "dog")
            for n in range(4)
            for kind in ("png", "bmp")
        },
        layout={"kind": "folders"},
        split={**GROUPED, "holdout": {"fraction": 0.4}},
        counts={"train": 8, "val": 4, "test": 4},
    ),
}


def listed_in(train: str, test: str, **fields: Any) -> Case:
    """Images of these classes, one for each letter, in two splits."""
    names = {"c": "cat", "d": "dog", "b": "bird"}
    parts = {"train": train, "test": test}
    files = [
        f"{split}/{names[letter]}/{split}{n}.png"
        for split, letters in parts.items()
        for n, letter in enumerate(letters)
    ]
    return Case(images(*files), layout={"kind": "folders"}, split=LISTED, **fields)


KAPPA = {"metric": "quadratic_weighted_kappa"}
SEVERITY = ("none", "mild", "moderate", "severe")
SAME = stand_ins.photograph(7, 40, 36)
CLASSES = {
    "a kappa of names in the order of the alphabet": Case(
        table(*SEVERITY * 2),
        block=KAPPA,
        refused=r"needs the classes in order.*mild, moderate, none, severe\. Set `classes: \[mild",
    ),
    "a kappa of folders in the order of the alphabet": Case(
        of_classes("", classes="none mild severe"),
        layout={"kind": "folders"},
        block=KAPPA,
        refused="needs the classes in order",
    ),
    "a kappa of names in order": Case(
        table(*SEVERITY * 2), layout={"classes": list(SEVERITY)}, block=KAPPA, classes=SEVERITY
    ),
    "a kappa of numbers": Case(
        table(*("10", "9", "0", "1") * 2), block=KAPPA, classes=("0", "1", "9", "10")
    ),
    "one class": Case(
        table(*("cat",) * 8), refused=r"of one class \(cat\): .*nothing to tell apart"
    ),
    "one folder": Case(
        of_classes("", classes="cat"), layout={"kind": "folders"}, refused=r"of one class \(cat\)"
    ),
    "a class without an image": Case(
        table(*CATS),
        layout={"classes": ["bird", "cat", "dog"]},
        refused=r"no image of the classes bird\n.*`allow: \[empty_classes\]`",
    ),
    "a class without an image, kept": Case(
        table(*CATS),
        layout={"classes": ["bird", "cat", "dog"]},
        block={"allow": ["empty_classes"]},
        classes=("bird", "cat", "dog"),
        stated=("no image of the classes bird",),
    ),
    "a class that is in test alone": listed_in(
        "cdcd", "cdb", refused=r"train has no image of the classes bird \(1 in all\)"
    ),
    "a class that is in train alone": listed_in(
        "cdbb", "cd", refused=r"test has no image of the classes bird \(2 in all\)"
    ),
    "a class that is in train alone, kept": listed_in(
        "cdbb",
        "cd",
        block={"allow": ["absent_classes"]},
        stated=("test has no image of the classes bird",),
    ),
    "one image of each class": Case(
        table("a", "b", "c", "d"),
        split={"method": "random", "seed": 0, "fraction": 0.5},
        refused=r"train has no image of the classes .*\(1 in all\)",
    ),
    "one image of each class, drawn by group": Case(
        table("a", "b", "c", "d"), split=GROUPED, refused="leaves 4 for training and 0 for evalu"
    ),
    "a holdout beside three splits": Case(
        of_classes("train", "val", "test"),
        layout={"kind": "folders"},
        split={**LISTED, "holdout": {"fraction": 0.25}},
        counts={"train": 6, "val": 2, "test": 8},
        stated=("8 rows of val are in no split",),
    ),
    "a holdout of Training and Testing": Case(
        of_classes("Training", "Testing"),
        layout={"kind": "folders"},
        split={**LISTED, "holdout": {"fraction": 0.25}},
        counts={"train": 6, "val": 2, "test": 8},
    ),
    "splits without train": Case(
        of_classes("val", "test"),
        layout={"kind": "folders"},
        split=LISTED,
        refused="all images are in test and val, and none in train.*method: grouped",
    ),
    "an image of two classes": Case(
        table(*CATS) | {"train.csv": rows(*labelled(*CATS), "img/0.png,dog")},
        refused=r"an image has several labels: line 2: img/0.png \(cat\) and line 10: .* \(dog\)",
    ),
    "an image of two classes, kept": Case(
        table(*CATS) | {"train.csv": rows(*labelled(*CATS), "img/0.png,dog")},
        block={"allow": ["conflicting_labels"]},
        stated=("an image has several labels",),
    ),
    "an id of two classes": Case(
        {
            **PICTURES,
            "train.csv": rows(
                "a,img/0.png,cat",
                "a,img/1.png,dog",
                "b,img/2.png,cat",
                "c,img/3.png,dog",
                header="key,path,label",
            ),
        },
        layout={"id": "key", "image": "path"},
        refused=r"one id has several labels: line 2: img/0.png \(cat\) and line 3: img/1.png \(dog",
    ),
    "equal pixels in two classes": Case(
        of_classes("")
        | {
            "cat/x.png": stand_ins.encoded(SAME, "PNG"),
            "dog/y.bmp": stand_ins.encoded(SAME, "BMP"),
        },
        layout={"kind": "folders"},
        refused=r"equal pixels have several labels: cat/x.png \(cat\) and dog/y.bmp \(dog\)",
    ),
    "a row twice": Case(
        table(*CATS) | {"train.csv": rows(*labelled(*CATS), "img/7.png,dog")},
        split=GROUPED,
        stated=("1 rows repeat an image of the same split and label",),
    ),
}


def pixels_of(kind: str, low: float, high: float, type: str = "uint16", n: int = 0) -> bytes:
    """A greyscale image whose values run from `low` to `high`."""
    values = np.linspace(low, high, 36 * 40).reshape(36, 40)
    return stand_ins.encoded(Image.fromarray(np.roll(values, n, 1).astype(type)), kind)


def pages(*sides: int, reduced: bool = False) -> bytes:
    """A TIFF of several pages of these sides, of which the first shows the photograph 1."""
    first, *more = [stand_ins.photograph(1 + n, side, side) for n, side in enumerate(sides)]
    for page in more if reduced else ():
        page.encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    return stand_ins.encoded(first, "TIFF", save_all=True, append_images=more)


def colours_of_16_bits(high: int) -> bytes:
    """A colour PNG with 16 bits a channel, written by hand: Pillow reads it and cannot write it."""
    values = np.linspace(0, high, 36 * 40 * 3).reshape(36, -1).astype(">u2")
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", 40, 36, 16, 2, 0, 0, 0),
        b"IDAT": zlib.compress(b"".join(b"\0" + row.tobytes() for row in values)),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )


def with_alpha(alpha: int) -> bytes:
    image = stand_ins.photograph(3, 40, 36)
    image.putalpha(alpha)
    return stand_ins.encoded(image, "PNG")


def one_more(
    name: str, data: bytes, layout: Mapping[str, Any] | None = None, **fields: Any
) -> Case:
    """Class folders with a further image of one's own, and what comes of it."""
    return Case(of_classes("") | {name: data}, layout=layout or {}, **fields)


IMAGES = {
    "12 bits in a file of 16": one_more(
        "cat/x.tif",
        pixels_of("TIFF", 0, 4000),
        refused=r"cat/x.tif: uses 12 of its 16 bits or fewer, its values are 0 to 4000: set `value",
    ),
    "12 bits, with their range": one_more(
        "cat/x.png",
        pixels_of("PNG", 0, 4095),
        {"value_range": [0, 4095]},
        brightest={"x": 255},
    ),
    "16 bits that are dark": one_more(
        "cat/x.png", pixels_of("PNG", 0, 2570), {"value_range": [0, 65535]}, brightest={"x": 10}
    ),
    "16 bits": one_more("cat/x.png", pixels_of("PNG", 0, 65535), brightest={"x": 255}),
    "12 bits in colours of 16": one_more(
        "cat/x.png", colours_of_16_bits(4095), refused="12 of its 16 bits a channel .*convert it"
    ),
    "colours of 16 bits": one_more("cat/x.png", colours_of_16_bits(65535), brightest={"x": 255}),
    "floating point": one_more(
        "cat/x.tif",
        pixels_of("TIFF", -1, 1, "float32"),
        refused="floating point have no .* range, and its values are -1 to 1: set `value_range",
    ),
    "floating point, with its range": one_more(
        "cat/x.tif",
        pixels_of("TIFF", -1, 1, "float32"),
        {"value_range": [-1, 1]},
        brightest={"x": 255},
    ),
    "values beyond their range": one_more(
        "cat/x.tif",
        pixels_of("TIFF", -1, 2, "float32"),
        {"value_range": [-1, 1]},
        refused=r"its values are -1 to 2, beyond its `value_range: \[-1, 1\]`",
    ),
    "no number at all": one_more(
        "cat/x.tif",
        pixels_of("TIFF", np.nan, np.nan, "float32"),
        {"value_range": [-1, 1]},
        refused="its values are nan to nan",
    ),
    "32 bits": one_more(
        "cat/x.tif", pixels_of("TIFF", 0, 10**6, "int32"), refused="32 bits have no defined range"
    ),
    "several pages": one_more(
        "cat/x.tif", pages(40, 40, 40), refused="cat/x.tif: has 3 pages: set `page: 0`, or another"
    ),
    "several pages, of which one is named": one_more(
        "cat/x.tif", pages(40, 40, 40), {"page": 0}, counts={"train": 5, "val": 4}
    ),
    "a page that is not there": one_more(
        "cat/x.tif", pages(40, 40), {"page": 2}, refused="has 1 pages, and `page` is 2"
    ),
    "pages of lower resolution": one_more(
        "cat/x.tif", pages(40, 20, 10, reduced=True), counts={"train": 5, "val": 4}
    ),
    "an animation": one_more(
        "cat/x.webp",
        stand_ins.encoded(
            SAME, "WEBP", save_all=True, append_images=[stand_ins.photograph(2, 40, 36)]
        ),
        refused="has 2 pages",
    ),
    "transparent as a whole": one_more(
        "cat/x.png", with_alpha(0), refused="transparent as a whole: set `alpha: ignore`"
    ),
    "transparent as a whole, ignored": one_more(
        "cat/x.png", with_alpha(0), {"alpha": "ignore"}, equal={"x": 3}
    ),
    "transparent on black": one_more(
        "cat/x.png", with_alpha(0), {"alpha": "black"}, brightest={"x": 0}
    ),
    "opaque": one_more("cat/x.png", with_alpha(255), equal={"x": 3}),
    "a truncated file": one_more("cat/x.png", stand_ins.png(3)[:200], refused="cat/x.png: not a r"),
    "an empty file": one_more("cat/x.jpg", b"", refused="cat/x.jpg: not a readable image"),
    "a text called jpg": one_more("cat/x.jpg", b"<html>", refused="cat/x.jpg: .*no known format"),
}


def outcome(case: Case, layout: Mapping[str, Any], folder: Path, workers: int) -> Any:
    source = folder / "in"
    source.mkdir()
    for name, content in case.files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    case.after(source)
    whole = {"path": str(source), **layout, **case.layout}
    if whole["path"] is None:
        del whole["path"]
    # As it comes from a file, which the schema describes.
    block = BLOCK | {"layout": whole, "split": dict(case.split)} | dict(case.block)
    file = folder / "datasets.yaml"
    file.write_text(yaml.safe_dump({"own": block}))
    dataset = read_datasets(file)["own"]
    prepare_dataset(dataset, source, folder / "out", workers=workers)
    return open_dataset(folder / "out", 32)


def check(case: Case, layout: Mapping[str, Any], folder: Path, workers: int = 1) -> None:
    if case.refused:
        with pytest.raises(UserError, match=case.refused):
            outcome(case, layout, folder, workers)
        assert not (folder / "out" / "index.csv").exists()
        return
    data = outcome(case, layout, folder, workers)
    summary = data.summary
    said = [*summary["notes"], *(finding["message"] for finding in summary["findings"])]
    said += [*(str(LeftOut(**entry)) for entry in summary["left_out"])]
    for phrase in case.stated:
        assert any(phrase in line for line in said), said
    if case.counts is not None:
        assert summary["counts"] == case.counts
    if case.classes is not None:
        assert data.classes == case.classes
    if case.ids is not None:
        assert set(data.ids) == case.ids
    stored = {name: data.image(row) for row, name in enumerate(data.ids)}
    for name, value in case.brightest.items():
        assert stored[name].max() == value
    for name, seed in case.equal.items():
        shown = shrink(stand_ins.photograph(seed, 40, 36), 32)
        np.testing.assert_array_equal(stored[name], np.asarray(shown))


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(name, tmp_path):
    check(FOLDERS[name], {"kind": "folders"}, tmp_path)


@pytest.mark.parametrize("name", TABLES)
def test_tables(name, tmp_path):
    check(TABLES[name], {"kind": "table"}, tmp_path)


def test_archives_that_share_a_table_are_read_by_several_workers(tmp_path):
    ids = [f"ISIC_{n:07d}" for n in range(3 * RUN)]
    files: dict[str, bytes | str] = {
        f"part_{part}.zip": zipped(images(*(f"{key}.png" for key in ids[part::2])))
        for part in (0, 1)
    }
    files["train.csv"] = rows(
        *(f"{key},{'ab'[n % 3 == 0]}" for n, key in enumerate(ids)), header="path,label"
    )
    case, made = Case(files, layout={"path": None, "id": "path"}), []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        data = outcome(case, {"kind": "table"}, folder, workers)
        assert len(data.ids) == len(ids)
        made.append(
            {
                path.relative_to(folder): path.read_bytes()
                for path in sorted((folder / "out").rglob("*"))
                if path.is_file() and path.name != DECODED
            }
        )
    assert made[0] == made[1]


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name, tmp_path):
    check(CLASSES[name], {"kind": "table"}, tmp_path)


@pytest.mark.parametrize("name", IMAGES)
def test_images(name, tmp_path):
    check(IMAGES[name], {"kind": "folders"}, tmp_path)


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name, tmp_path):
    check(GROUPS[name], {"kind": "table"}, tmp_path)
    if not GROUPS[name].refused:
        out = tmp_path / "out"
        index, groups = (pd.read_csv(out / file, dtype=str) for file in ("index.csv", "groups.csv"))
        assert list(index) == ["id", "label", "split"] and list(groups) == ["id", "group"]
        assert index["id"].tolist() == groups["id"].tolist()
        assert (index["split"].groupby(groups["group"]).nunique() == 1).all()
        assert groups["group"].duplicated().any()
        assert open_dataset(out, 32).summary["leakage"]["identical_images_across_splits"] == 0
