"""Small archives in the true layout of each source: names, folders, columns, category numbers.

Each `make_<dataset>(folder, ...)` writes what a user would place by hand in
`resources/downloads/<dataset>/`. Images are generated and all different unless asked otherwise.
"""

import csv
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

# The real numbers of images of each class.
APTOS_COUNTS = (1805, 370, 999, 193, 295)
CASSAVA_COUNTS = (1087, 2189, 2386, 13158, 2577)
EUROSAT_COUNTS = {
    "AnnualCrop": 3000,
    "Forest": 3000,
    "HerbaceousVegetation": 3000,
    "Highway": 2500,
    "Industrial": 2500,
    "Pasture": 2000,
    "PermanentCrop": 2500,
    "Residential": 3000,
    "River": 2500,
    "SeaLake": 3000,
}


def photograph(seed: int, width: int = 40, height: int = 30) -> Image.Image:
    """A smooth random RGB picture with some grain, different for every seed."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = random.integers(-12, 13, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(smooth).astype(int) + grain, 0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """An image as the bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int, width: int = 40, height: int = 30) -> bytes:
    return encoded(photograph(seed, width, height), "JPEG", quality=90)


def png(seed: int, width: int = 40, height: int = 30) -> bytes:
    return encoded(photograph(seed, width, height), "PNG")


# An image file's bytes by its number.
Picture = Callable[[int], bytes]


def _picture(image: bytes | Picture | None, default: Picture) -> Picture:
    """What gives each image: one for all of them, a function, or the default."""
    if isinstance(image, bytes):
        return lambda _: image
    return image or default


def write_zip(path: Path, files: Mapping[str, bytes | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, files: Mapping[str, bytes | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    compressed = path.name.endswith((".gz", ".tgz"))
    with tarfile.open(path, "w:gz" if compressed else "w") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def shuffled_labels(counts: Sequence[int], seed: int = 0) -> list[int]:
    """Labels with these counts in a mixed order, as Kaggle's tables have them."""
    labels = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(seed).shuffle(labels)
    return labels.tolist()


# CCT-20

CCT_CATEGORIES = {
    1: "opossum", 3: "raccoon", 5: "squirrel", 6: "bobcat", 7: "skunk", 8: "dog", 9: "coyote",
    10: "rabbit", 11: "bird", 16: "cat", 21: "badger", 30: "empty", 33: "car", 34: "deer",
    51: "fox", 99: "rodent",
}  # fmt: skip
CCT_PARTS = ("train", "cis_val", "cis_test", "trans_val", "trans_test")


def cct20_rows(per_part: int = 24, seed: int = 0) -> dict[str, list[tuple[str, int]]]:
    """Annotation rows (image id, category) by part: every category, some images repeated."""
    random = np.random.default_rng(seed)
    categories = list(CCT_CATEGORIES)
    parts = {}
    for number, part in enumerate(CCT_PARTS):
        rows: list[tuple[str, int]] = []
        for row in range(per_part):
            image = f"{number:04x}{row:04x}-23d2-11e8-a6a3-ec086b02610b"
            rows.append((image, categories[row % len(categories)]))
        # A second animal of the same image, beside the first and far from it, of either kind.
        rows.insert(3, (rows[2][0], rows[2][1]))
        rows.append((rows[0][0], 34))
        random.shuffle(rows[6:])
        parts[part] = rows
    return parts


def make_cct20(
    folder: Path,
    rows: Mapping[str, list[tuple[str, int]]] | None = None,
    image: Picture = jpeg,
) -> Path:
    rows = rows or cct20_rows()
    annotations = {}
    for part, listed in rows.items():
        annotations[f"eccv_18_annotation_files/{part}_annotations.json"] = json.dumps(
            {
                "info": {"version": 1},
                "categories": [{"id": c, "name": n} for c, n in CCT_CATEGORIES.items()],
                "images": [
                    {"id": name, "file_name": f"{name}.jpg", "width": 1024, "height": 747}
                    for name in dict(listed)
                ],
                "annotations": [
                    {"id": f"{part}-{n}", "image_id": name, "category_id": category}
                    for n, (name, category) in enumerate(listed)
                ],
            }
        )
    write_tar(folder / "eccv_18_annotations.tar.gz", annotations)
    names = sorted({name for listed in rows.values() for name, _ in listed})
    write_tar(
        folder / "eccv_18_all_images_sm.tar.gz",
        {f"eccv_18_all_images_sm/{name}.jpg": image(n) for n, name in enumerate(names)},
    )
    return folder


# Kaggle's archives with a table


def make_aptos(
    folder: Path, counts: Sequence[int] = (9, 5, 7, 5, 6), image: bytes | Picture | None = None
) -> Path:
    picture = _picture(image, png)
    labels = shuffled_labels(counts)
    ids = [f"{n * 2654435761 % 2**48:012x}" for n in range(1, len(labels) + 1)]
    files: dict[str, bytes | str] = {
        "sample_submission.csv": table(["id_code", "diagnosis"], [["0005cfc8afb6", 0]]),
        "test.csv": table(["id_code"], [["0005cfc8afb6"]]),
        "train.csv": table(["id_code", "diagnosis"], zip(ids, labels, strict=True)),
        "test_images/0005cfc8afb6.png": picture(10**6),
    }
    files |= {f"train_images/{key}.png": picture(n) for n, key in enumerate(ids)}
    write_zip(folder / "aptos2019-blindness-detection.zip", files)
    return folder


def make_cassava(
    folder: Path, counts: Sequence[int] = (6, 7, 8, 15, 9), image: bytes | Picture | None = None
) -> Path:
    picture = _picture(image, jpeg)
    labels = shuffled_labels(counts, seed=1)
    ids = [f"{1000015157 + 7919 * n}.jpg" for n in range(len(labels))]
    files: dict[str, bytes | str] = {
        "label_num_to_disease_map.json": json.dumps({"0": "Cassava Bacterial Blight (CBB)"}),
        "train.csv": table(["image_id", "label"], zip(ids, labels, strict=True)),
        "train_tfrecords/ld_train00-1338.tfrec": b"not an image",
        "test_images/2216849948.jpg": picture(10**6),
    }
    files |= {f"train_images/{key}": picture(n) for n, key in enumerate(ids)}
    write_zip(folder / "cassava-leaf-disease-classification.zip", files)
    return folder


MELANOMA_ARCHIVES = {"jpeg-melanoma-512x512.zip": 15, "jpeg-isic2019-512x512.zip": 30}


def make_melanoma(folder: Path, per_fold: int = 2, image: Picture = jpeg) -> Path:
    for year, (archive, folds) in enumerate(MELANOMA_ARCHIVES.items()):
        rows = []
        files: dict[str, bytes | str] = {}
        # Fold -1 marks the duplicates that are to be dropped.
        numbers = [*range(folds), -1] * per_fold
        np.random.default_rng(year).shuffle(numbers)
        for n, fold in enumerate(numbers):
            name = f"ISIC_{100000 * (year + 1) + n:07d}"
            target = int(n % 9 == 0)
            kind = "malignant" if target else "benign"
            rows.append([name, "IP_7279968", "male", 45.0, "torso", "unknown", kind, target, fold])
            files[f"train/{name}.jpg"] = image(1000 * year + n)
        header = [
            "image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge",
            "diagnosis", "benign_malignant", "target", "tfrecord",
        ]  # fmt: skip
        files["train.csv"] = table(header, rows)
        write_zip(folder / archive, files)
    return folder


# Human Protein Atlas


def grey_png(seed: int) -> bytes:
    return encoded(photograph(seed, 32, 32).convert("L"), "PNG")


def make_hpa(folder: Path, n: int = 12, nested: bool = False, image: Picture = grey_png) -> Path:
    ids = [f"{k:08x}-bbad-11e8-b2ba-ac1f6b6435d0" for k in range(n)]
    targets = [" ".join(str(t) for t in dict.fromkeys(((5 * k) % 28, k % 3))) for k in range(n)]
    images: dict[str, bytes | str] = {}
    for k, key in enumerate(ids):
        for c, channel in enumerate(("red", "green", "blue", "yellow")):
            images[f"{key}_{channel}.png"] = image(10 * k + c)
    files: dict[str, bytes | str] = {
        "sample_submission.csv": table(["Id", "Predicted"], []),
        "train.csv": table(["Id", "Target"], zip(ids, targets, strict=True)),
    }
    if nested:
        inner = write_zip(folder / "inner.zip", images)
        files["train.zip"] = inner.read_bytes()
        inner.unlink()
    else:
        files |= {f"train/{name}": data for name, data in images.items()}
    write_zip(folder / "human-protein-atlas-image-classification.zip", files)
    parts = [("train", "train", "val", "train", "test_val", "train")[k % 6] for k in range(n)]
    text = table(["Id", "Target", "Split"], zip(ids, targets, parts, strict=True))
    (folder / "split.stratified.small.0.csv").write_text(text)
    return folder


# EuroSAT and CIFAR


def make_eurosat(
    folder: Path,
    counts: Mapping[str, int] | None = None,
    image: bytes | Picture | None = None,
    root: str = "2750",
    archive: str = "EuroSAT.zip",
) -> Path:
    counts = counts or {name: 6 + n % 3 for n, name in enumerate(EUROSAT_COUNTS)}
    picture = _picture(image, lambda n: jpeg(n, 64, 64))
    names = [f"{root}/{name}/{name}_{n}.jpg" for name in counts for n in range(1, counts[name] + 1)]
    files = {name: picture(n) for n, name in enumerate(names)}
    write_zip(folder / archive, files)
    return folder


def make_cifar10(folder: Path, per_batch: int = 10) -> Path:
    random = np.random.default_rng(0)
    names = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
    files: dict[str, bytes | str] = {}
    for name in names:
        batch = {
            b"batch_label": name.encode(),
            b"labels": [n % 10 for n in range(per_batch)],
            b"data": random.integers(0, 256, (per_batch, 3072), dtype=np.uint8),
            b"filenames": [f"{name[-1]}_s_{n:06d}.png".encode() for n in range(per_batch)],
        }
        files[f"cifar-10-batches-py/{name}"] = pickle.dumps(batch, protocol=2)
    classes = [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    meta = {"label_names": classes, "num_cases_per_batch": per_batch, "num_vis": 3072}
    files["cifar-10-batches-py/batches.meta"] = pickle.dumps(meta, protocol=2)
    write_tar(folder / "cifar-10-python.tar.gz", files)
    return folder
