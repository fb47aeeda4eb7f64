"""Every dataset of the table as a user would place it by hand: its layout, images of real size.

`MAKERS` has one function for each key of config/datasets.yaml. It fills the folder that it is
given, which is resources/downloads/<dataset>, with enough images for four workers.
"""

import io
import pickle
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pictures
import stand_ins
from scipy.io import savemat

# Five runs of 32 and some: more than four workers take at once.
ROWS = 170
PARTS = ("train", "val", "test")


def _shared_out(rows: int = ROWS, parts: tuple[str, ...] = PARTS) -> dict[str, range]:
    """Numbers of images by split, half of them and more in the first."""
    ends = [0, *np.linspace(0.6, 1, len(parts)) * rows]
    ranges = zip(parts, ends[:-1], ends[1:], strict=True)
    return {part: range(int(start), int(end)) for part, start, end in ranges}


def _matlab(content: dict) -> bytes:
    buffer = io.BytesIO()
    savemat(buffer, content)
    return buffer.getvalue()


def _digits(folder: Path) -> None:
    """Nothing to place: the images come with scikit-learn."""


def _eurosat(folder: Path) -> None:
    counts = dict.fromkeys(stand_ins.EUROSAT_COUNTS, ROWS // 10)
    stand_ins.make_eurosat(folder, counts, image=pictures.jpeg)


def _cifar100(folder: Path) -> None:
    random = np.random.default_rng(0)
    files: dict[str, bytes | str] = {}
    for name, rows in (("train", ROWS), ("test", 40)):
        batch = {
            b"fine_labels": [n % 100 for n in range(rows)],
            b"data": random.integers(0, 256, (rows, 3072), dtype=np.uint8),
            b"filenames": [f"{name}_s_{n:06d}.png".encode() for n in range(rows)],
        }
        files[f"cifar-100-python/{name}"] = pickle.dumps(batch, protocol=2)
    meta = {"fine_label_names": [f"class {n}" for n in range(100)]}
    files["cifar-100-python/meta"] = pickle.dumps(meta, protocol=2)
    stand_ins.write_tar(folder / "cifar-100-python.tar.gz", files)


def _food101(folder: Path) -> None:
    files: dict[str, bytes | str] = {}
    for split, numbers in _shared_out(parts=("train", "test")).items():
        names = [f"{('apple_pie', 'pizza')[n % 2]}/{100000 + n}" for n in numbers]
        files[f"food-101/meta/{split}.txt"] = "\n".join(names) + "\n"
        files |= {
            f"food-101/images/{name}.jpg": pictures.jpeg(n)
            for n, name in zip(numbers, names, strict=True)
        }
    stand_ins.write_tar(folder / "food-101.tar.gz", files)


def _birdsnap(folder: Path) -> None:
    species = ("Acadian_Flycatcher", "Zone_tailed_Hawk")
    paths = [f"{species[n % 2]}/{n}.jpg" for n in range(ROWS)]
    listed = "url\tmd5\tpath\n" + "".join(f"http://x\t0\t{path}\n" for path in paths)
    tables = {
        "birdsnap/images.txt": listed,
        "birdsnap/test_images.txt": "path\n" + "\n".join(paths[130:]) + "\n",
    }
    stand_ins.write_tar(folder / "birdsnap.tgz", tables)
    images = {f"images/{path}": pictures.jpeg(n) for n, path in enumerate(paths)}
    stand_ins.write_zip(folder / "birdsnap-images.zip", images)


def _sun397(folder: Path) -> None:
    classes = ("/a/abbey", "/a/apartment_building/outdoor")
    lines = {n: f"{classes[n % 2]}/sun_{n:05d}.jpg" for n in range(ROWS)}
    images = {f"SUN397{line}": pictures.jpeg(n) for n, line in lines.items()}
    stand_ins.write_tar(folder / "SUN397.tar.gz", images)
    lists: dict[str, bytes | str] = {"ClassName.txt": "\n".join(classes) + "\n"}
    for part, numbers in _shared_out(parts=("Training", "Testing")).items():
        lists[f"{part}_01.txt"] = "".join(f"{lines[n]}\n" for n in numbers)
    stand_ins.write_zip(folder / "Partitions.zip", lists)


def _cars(folder: Path) -> None:
    kind = [("class", "O"), ("fname", "O")]
    tables = {}
    for split, rows in (("train", 110), ("test", 60)):
        names = [f"{n:05d}.jpg" for n in range(1, rows + 1)]
        images = {f"cars_{split}/{name}": pictures.jpeg(n) for n, name in enumerate(names)}
        stand_ins.write_tar(folder / f"cars_{split}.tgz", images)
        labelled = [(1 + n % 2, name) for n, name in enumerate(names)]
        tables[split] = _matlab({"annotations": np.array([labelled], dtype=kind)})
    devkit = {
        "devkit/cars_train_annos.mat": tables["train"],
        "devkit/cars_meta.mat": _matlab({"class_names": np.array([["Acura", "Audi"]], object)}),
    }
    stand_ins.write_tar(folder / "car_devkit.tgz", devkit)
    (folder / "cars_test_annos_withlabels.mat").write_bytes(tables["test"])


def _aircraft(folder: Path) -> None:
    root, variants = "fgvc-aircraft-2013b/data", ("707-320", "F/A-18", "Boeing 717")
    files: dict[str, bytes | str] = {f"{root}/variants.txt": "\n".join(variants) + "\n"}
    for split, numbers in _shared_out().items():
        lines = "".join(f"{1000000 + n} {variants[n % 3]}\n" for n in numbers)
        files[f"{root}/images_variant_{split}.txt"] = lines
        files |= {f"{root}/images/{1000000 + n}.jpg": pictures.jpeg(n) for n in numbers}
    stand_ins.write_tar(folder / "fgvc-aircraft-2013b.tar.gz", files)


def _voc2007(folder: Path) -> None:
    parts = _shared_out()
    archives = {
        "VOCtrainval_06-Nov-2007.tar": ("train", "val"),
        "VOCtest_06-Nov-2007.tar": ("test",),
    }
    root = "VOCdevkit/VOC2007"
    for archive, splits in archives.items():
        files: dict[str, bytes | str] = {}
        for split in splits:
            listed = "".join(f"{n:06d}\n" for n in parts[split])
            files[f"{root}/ImageSets/Main/{split}.txt"] = listed
            for n in parts[split]:
                shown = "".join(
                    f"<object><name>{name}</name><difficult>0</difficult></object>"
                    for name in ("dog", "person", "car")[: 1 + n % 3]
                )
                files[f"{root}/Annotations/{n:06d}.xml"] = f"<annotation>{shown}</annotation>"
                files[f"{root}/JPEGImages/{n:06d}.jpg"] = pictures.jpeg(n)
        stand_ins.write_tar(folder / archive, files)


def _dtd(folder: Path) -> None:
    files: dict[str, bytes | str] = {}
    for split, numbers in _shared_out().items():
        names = {n: f"{c}/{c}_{n:04d}.jpg" for n in numbers for c in [("banded", "dotted")[n % 2]]}
        files[f"dtd/labels/{split}1.txt"] = "\n".join(names.values()) + "\n"
        files |= {f"dtd/images/{name}": pictures.jpeg(n) for n, name in names.items()}
    stand_ins.write_tar(folder / "dtd-r1.0.1.tar.gz", files)


def _pets(folder: Path) -> None:
    breeds = ("Abyssinian", "shiba_inu")
    lists: dict[str, bytes | str] = {}
    for part, numbers in _shared_out(parts=("trainval", "test")).items():
        lines = [f"{breeds[n % 2]}_{n} {1 + n % 2} {1 + n % 2} 1\n" for n in numbers]
        lists[f"annotations/{part}.txt"] = "".join(lines)
    images = {f"images/{breeds[n % 2]}_{n}.jpg": pictures.jpeg(n) for n in range(ROWS)}
    stand_ins.write_tar(folder / "images.tar.gz", images)
    stand_ins.write_tar(folder / "annotations.tar.gz", lists)


def _caltech101(folder: Path) -> None:
    names = product(("BACKGROUND_Google", "accordion", "yin_yang"), range(1, 58))
    images = {
        f"101_ObjectCategories/{name}/image_{n:04d}.jpg": pictures.jpeg(n) for name, n in names
    }
    inner = stand_ins.write_tar(folder / "101_ObjectCategories.tar.gz", images)
    packed = {"caltech-101/101_ObjectCategories.tar.gz": inner.read_bytes()}
    inner.unlink()
    stand_ins.write_zip(folder / "caltech-101.zip", packed)


def _flowers102(folder: Path) -> None:
    images = {f"jpg/image_{n:05d}.jpg": pictures.jpeg(n) for n in range(1, ROWS + 1)}
    stand_ins.write_tar(folder / "102flowers.tgz", images)
    labels = np.array([[1 + n % 2 for n in range(ROWS)]])
    (folder / "imagelabels.mat").write_bytes(_matlab({"labels": labels}))
    parts = {
        key: np.array([numbers]) + 1
        for key, numbers in _shared_out(parts=("trnid", "valid", "tstid")).items()
    }
    (folder / "setid.mat").write_bytes(_matlab(parts))


def _imagenet(folder: Path) -> None:
    wnids = ("n01440764", "n01443537")
    tars: dict[str, bytes | str] = {}
    for k, wnid in enumerate(wnids):
        images = {f"{wnid}_{n}.JPEG": pictures.jpeg(60 * k + n) for n in range(60)}
        inner = stand_ins.write_tar(folder / "class.tar", images)
        tars[f"{wnid}.tar"] = inner.read_bytes()
        inner.unlink()
    stand_ins.write_tar(folder / "ILSVRC2012_img_train.tar", tars)
    val = {f"ILSVRC2012_val_{n:08d}.JPEG": pictures.jpeg(n) for n in range(1, 51)}
    stand_ins.write_tar(folder / "ILSVRC2012_img_val.tar", val)
    kind = [("ILSVRC2012_ID", "O"), ("WNID", "O")]
    synsets = np.array([[(k, wnid)] for k, wnid in enumerate(wnids, start=1)], dtype=kind)
    root = "ILSVRC2012_devkit_t12/data"
    devkit = {
        f"{root}/meta.mat": _matlab({"synsets": synsets}),
        f"{root}/ILSVRC2012_validation_ground_truth.txt": "1\n2\n" * 25,
    }
    stand_ins.write_tar(folder / "ILSVRC2012_devkit_t12.tar.gz", devkit)


MAKERS: dict[str, Callable[[Path], object]] = {
    "cct20": lambda folder: stand_ins.make_cct20(
        folder, stand_ins.cct20_rows(per_part=60), image=pictures.jpeg
    ),
    "aptos": lambda folder: stand_ins.make_aptos(folder, (60, 30, 40, 30, 12), image=pictures.png),
    "hpa": lambda folder: stand_ins.make_hpa(folder, n=ROWS, image=pictures.grey_png),
    "melanoma": lambda folder: stand_ins.make_melanoma(folder, per_fold=4, image=pictures.jpeg),
    "cassava": lambda folder: stand_ins.make_cassava(
        folder, (20, 30, 30, 60, 30), image=pictures.jpeg
    ),
    "eurosat": _eurosat,
    "food101": _food101,
    "cifar10": lambda folder: stand_ins.make_cifar10(folder, per_batch=40),
    "cifar100": _cifar100,
    "birdsnap": _birdsnap,
    "sun397": _sun397,
    "cars": _cars,
    "aircraft": _aircraft,
    "voc2007": _voc2007,
    "dtd": _dtd,
    "pets": _pets,
    "caltech101": _caltech101,
    "flowers102": _flowers102,
    "imagenet": _imagenet,
    "digits_source": _digits,
    "digits_classes": _digits,
    "digits_rare": _digits,
    "digits_grades": _digits,
    "digits_multilabel": _digits,
}
