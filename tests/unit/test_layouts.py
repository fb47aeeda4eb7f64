"""Every layout from a hand-placed archive in the source's true form to the prepared dataset."""

import io
import json
import pickle
import shutil
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import stand_ins
from PIL import Image
from scipy.io import savemat
from torchvision import datasets as torchvision_datasets
from torchvision import transforms

from transfer.data.layouts import KINDS, read_layout
from transfer.data.prepare import prepare_dataset
from transfer.data.splits import split_samples
from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.validation import read_yaml

BLOCKS = read_yaml(Path(__file__).parents[2] / "config" / "datasets.yaml", "datasets")


def listing(name, folder, tmp_path, **options):
    scratch = tmp_path / f"scratch{len(list(tmp_path.iterdir()))}"
    scratch.mkdir()
    return read_layout(folder, scratch, {**BLOCKS[name]["layout"], **options})


def prepared(name, folder, tmp_path, workers=1):
    prepare_dataset(name, BLOCKS[name], folder, tmp_path / "out" / name, workers=workers)
    return open_dataset(tmp_path / "out" / name)


def test_every_block_of_the_table_names_a_known_layout_and_reports_a_split():
    assert {block["layout"]["kind"] for block in BLOCKS.values()} <= set(KINDS)


def test_cct20_rows_are_annotations_without_empty_images(tmp_path):
    rows = stand_ins.cct20_rows()
    data = prepared("cct20", stand_ins.make_cct20(tmp_path / "in", rows), tmp_path, workers=2)
    order = [1, 3, 5, 6, 7, 8, 9, 10, 11, 16, 21, 33, 34, 51, 99]
    for part, split in {"train": "train", "cis_val": "val", "cis_test": "test"}.items():
        expected = [(name, order.index(c)) for name, c in rows[part] if c != 30]
        chosen = data.rows(split)
        assert list(zip(data.ids[chosen], data.labels[chosen], strict=True)) == expected
        distinct = len({name for name, _ in expected})
        assert data.summary["distinct_images"][split] == distinct < len(expected)
    assert data.classes[:2] == ("opossum", "raccoon")
    # Every row of a repeated image has that image's pixels.
    for name, n in Counter(data.ids).items():
        same = np.flatnonzero(data.ids == name)
        assert all((data.image(row) == data.image(same[0])).all() for row in same), (name, n)


@pytest.mark.parametrize(
    ("name", "column", "label", "folder"),
    [("aptos", "id_code", "diagnosis", "train_images/{}.png"),
     ("cassava", "image_id", "label", "train_images/{}")],
)  # fmt: skip
def test_kaggle_tables(tmp_path, name, column, label, folder):
    getattr(stand_ins, f"make_{name}")(tmp_path / "in")
    data = prepared(name, tmp_path / "in", tmp_path)
    with zipfile.ZipFile(next((tmp_path / "in").glob("*.zip"))) as archive:
        table = pd.read_csv(io.BytesIO(archive.read("train.csv")), dtype={column: str})
        truth = dict(zip(table[column], table[label], strict=True))
        assert dict(zip(data.ids, data.labels, strict=True)) == truth
        np.random.seed(414)
        validation = set()
        for i in range(5):
            rows = [row for row, value in enumerate(table[label]) if value == i]
            drawn = np.random.choice(rows, int(0.2 * len(rows)), replace=False)
            validation |= set(table[column].to_numpy()[drawn])
        assert set(data.ids[data.rows("val")]) == validation
        # Pixels of the store and of the evaluation images, against the file itself.
        made = data.evaluation_images(256, "val")
        resize = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(256)])
        for number, row in enumerate(data.rows("val")):
            original = Image.open(io.BytesIO(archive.read(folder.format(data.ids[row]))))
            np.testing.assert_array_equal(data.image(row), np.asarray(original))
            np.testing.assert_array_equal(made[number], np.asarray(resize(original)))


def test_a_folder_of_images_zipped_inside_the_zip_is_read(tmp_path):
    images = {f"{n}.png": stand_ins.png(n) for n in range(2)}
    inner = stand_ins.write_zip(tmp_path / "inner.zip", images)
    table = stand_ins.table(["id_code", "diagnosis"], [["0", 0], ["1", 4]])
    stand_ins.write_zip(
        tmp_path / "in" / "aptos2019-blindness-detection.zip",
        {"train_images.zip": inner.read_bytes(), "train.csv": table},
    )
    found = listing("aptos", tmp_path / "in", tmp_path)
    expected = np.asarray(stand_ins.photograph(1))
    np.testing.assert_array_equal(np.asarray(found.samples[1].image.load()), expected)


def test_melanoma_is_split_by_fold_and_drops_fold_minus_one(tmp_path):
    data = prepared("melanoma", stand_ins.make_melanoma(tmp_path / "in"), tmp_path)
    held = [{3, 6, 8}, {0, 2, 5, 11, 12, 21}]
    train, val = set(), set()
    for archive, folds in zip(stand_ins.MELANOMA_ARCHIVES, held, strict=True):
        with zipfile.ZipFile(tmp_path / "in" / archive) as file:
            table = pd.read_csv(io.BytesIO(file.read("train.csv")))
        val |= set(table[table.tfrecord.isin(folds)].image_name)
        train |= set(table[(table.tfrecord >= 0) & ~table.tfrecord.isin(folds)].image_name)
    assert set(data.ids[data.rows("val")]) == val
    assert set(data.ids[data.rows("train")]) == train


@pytest.mark.parametrize("nested", [False, True], ids=["folders", "train.zip"])
def test_hpa_stacks_channels_and_follows_the_published_split(tmp_path, nested):
    data = prepared("hpa", stand_ins.make_hpa(tmp_path / "in", nested=nested), tmp_path)
    table = pd.read_csv(tmp_path / "in" / "split.stratified.small.0.csv")
    for part, split in {"train": "train", "val": "val", "test_val": "test"}.items():
        assert data.ids[data.rows(split)].tolist() == table.Id[table.Split == part].tolist()
    row = int(np.flatnonzero(data.ids == table.Id[3])[0])
    assert np.flatnonzero(data.labels[row]).tolist() == sorted(
        int(label) for label in table.Target[3].split()
    )
    greys = [np.asarray(stand_ins.photograph(30 + c, 32, 32).convert("L")) for c in range(4)]
    np.testing.assert_array_equal(data.image(row), np.stack(greys[:3], axis=-1))


def test_hpa_can_mix_yellow_in(tmp_path):
    stand_ins.make_hpa(tmp_path / "in")
    found = listing("hpa", tmp_path / "in", tmp_path, channels="yellow_to_red_green")
    greys = [
        np.asarray(stand_ins.photograph(c, 32, 32).convert("L")).astype(float) for c in range(4)
    ]
    pixels = np.asarray(found.samples[0].image.load())
    assert np.abs(pixels[..., 0] - (greys[0] + greys[3]) / 2).max() <= 0.5
    np.testing.assert_array_equal(pixels[..., 2], greys[2])


@pytest.mark.parametrize("root", ["2750", "EuroSAT_RGB"])
def test_eurosat_in_the_order_of_image_folder(tmp_path, root):
    counts = {name: 11 + n % 3 for n, name in enumerate(stand_ins.EUROSAT_COUNTS)}
    stand_ins.make_eurosat(tmp_path / "in", counts, root=root)
    with zipfile.ZipFile(tmp_path / "in" / "EuroSAT.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    reference = torchvision_datasets.ImageFolder(str(tmp_path / "unpacked" / root))
    found = listing("eurosat", tmp_path / "in", tmp_path)
    expected = [(Path(path).stem, (label,)) for path, label in reference.samples]
    assert [(sample.id, sample.labels) for sample in found.samples] == expected
    assert list(found.classes) == reference.classes


def test_cifar10_as_torchvision_reads_it(tmp_path):
    stand_ins.make_cifar10(tmp_path / "in")
    data = prepared("cifar10", tmp_path / "in", tmp_path)
    with tarfile.open(tmp_path / "in" / "cifar-10-python.tar.gz") as archive:
        content = archive.extractfile("cifar-10-batches-py/test_batch").read()
    batch = pickle.loads(content)  # noqa: S301 - it is ours
    images = batch[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    rows = data.rows("test")
    assert data.summary["counts"] == {"train": 50, "test": 10}
    assert data.labels[rows].tolist() == batch[b"labels"]
    np.testing.assert_array_equal(np.stack([data.image(row) for row in rows]), images)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harmed",))

    stand_ins.write_tar(
        tmp_path / "in" / "cifar-10-python.tar.gz",
        {"cifar-10-batches-py/batches.meta": pickle.dumps(Harm())},
    )
    with pytest.raises(UserError, match="refused"):
        listing("cifar10", tmp_path / "in", tmp_path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize(
    ("task", "metric"),
    [("classes", "accuracy"), ("rare", "roc_auc"), ("grades", "quadratic_weighted_kappa"),
     ("multilabel", "macro_f1")],
)  # fmt: skip
def test_digits(tmp_path, task, metric):
    found = listing(f"digits_{task}", tmp_path, tmp_path)
    assert BLOCKS[f"digits_{task}"]["metric"] == metric
    assert len(found.samples) == 1797
    frequency = Counter(label for sample in found.samples for label in sample.labels)
    assert set(frequency) == set(range(len(found.classes)))
    if task == "rare":
        assert 0.08 < frequency[1] / 1797 < 0.1
    if task == "multilabel":
        assert {len(sample.labels) for sample in found.samples} >= {0, 1, 2, 3}
    done = split_samples(found.samples, BLOCKS[f"digits_{task}"]["split"])
    assert {sample.split for sample in done} == {"train", "val"}


# The other datasets of kornblith2019, against torchvision's own reading of the same files


def unpack(path, folder):
    # Python below 3.11.4 knows no filter, and these archives are the test's own.
    shutil.unpack_archive(path, folder)


def assert_same(found, reference, splits):
    """Ids and labels of a listing's splits against torchvision's datasets, as sets."""
    for split, dataset in splits.items():
        files = getattr(dataset, "_image_files", None) or getattr(dataset, "_images", None)
        expected = {(Path(f).stem, y) for f, y in zip(files, dataset._labels, strict=True)}
        ours = {(s.id, s.labels[0]) for s in found.samples if s.split in split}
        assert ours == expected
    assert len(found.classes) == len(reference.classes)
    assert all(sample.image.load().size == (40, 30) for sample in found.samples)


def test_food101(tmp_path):
    names = {"train": ["pizza/1", "apple_pie/2", "apple_pie/3"], "test": ["apple_pie/4", "pizza/5"]}
    files = {
        f"food-101/images/{n}.jpg": stand_ins.jpeg(int(n[-1])) for p in names.values() for n in p
    }
    for split, listed in names.items():
        files[f"food-101/meta/{split}.txt"] = "\n".join(listed) + "\n"
        per_class = {c: [n for n in listed if n.startswith(c)] for c in ("apple_pie", "pizza")}
        files[f"food-101/meta/{split}.json"] = json.dumps(per_class)
    unpack(stand_ins.write_tar(tmp_path / "in" / "food-101.tar.gz", files), tmp_path)
    found = listing("food101", tmp_path / "in", tmp_path)
    reference = {s: torchvision_datasets.Food101(tmp_path, split=s) for s in names}
    assert_same(found, reference["train"], {("train",): reference["train"],
                                            ("test",): reference["test"]})  # fmt: skip


def test_aircraft(tmp_path):
    root = "fgvc-aircraft-2013b/data"
    classes = ["707-320", "F/A-18", "Boeing 717"]
    files = {f"{root}/variants.txt": "\n".join(classes) + "\n"}
    for k, split in enumerate(("train", "val", "test")):
        ids = [f"{1000000 + 3 * k + n}" for n in range(3)]
        files |= {f"{root}/images/{i}.jpg": stand_ins.jpeg(int(i)) for i in ids}
        lines = "".join(f"{i} {c}\n" for i, c in zip(ids, classes, strict=True))
        files[f"{root}/images_variant_{split}.txt"] = lines
        files[f"{root}/images_variant_trainval.txt"] = files.get(
            f"{root}/images_variant_trainval.txt", ""
        ) + (lines if k < 2 else "")
    unpack(stand_ins.write_tar(tmp_path / "in" / "fgvc-aircraft-2013b.tar.gz", files), tmp_path)
    found = listing("aircraft", tmp_path / "in", tmp_path)
    reference = {s: torchvision_datasets.FGVCAircraft(tmp_path, s) for s in ("trainval", "test")}
    assert_same(found, reference["test"], {("train", "val"): reference["trainval"],
                                           ("test",): reference["test"]})  # fmt: skip


def test_dtd(tmp_path):
    files = {}
    for k, split in enumerate(("train", "val", "test")):
        names = [f"{c}/{c}_000{k}.jpg" for c in ("banded", "zigzagged")]
        files |= {f"dtd/images/{n}": stand_ins.jpeg(10 * k + len(n)) for n in names}
        files[f"dtd/labels/{split}1.txt"] = "\n".join(names) + "\n"
    unpack(stand_ins.write_tar(tmp_path / "in" / "dtd-r1.0.1.tar.gz", files), tmp_path / "dtd")
    found = listing("dtd", tmp_path / "in", tmp_path)
    reference = {s: torchvision_datasets.DTD(tmp_path, s) for s in ("train", "val", "test")}
    assert_same(found, reference["test"], {(s,): d for s, d in reference.items()})


def test_pets(tmp_path):
    lines = {"trainval": "Abyssinian_100 1 1 1\nshiba_inu_7 2 2 1\n", "test": "shiba_inu_8 2 2 1\n"}
    names = [line.split()[0] for text in lines.values() for line in text.splitlines()]
    images = {f"images/{n}.jpg": stand_ins.jpeg(k) for k, n in enumerate(names)}
    notes = {f"annotations/{k}.txt": text for k, text in lines.items()}
    base = tmp_path / "oxford-iiit-pet"
    unpack(stand_ins.write_tar(tmp_path / "in" / "images.tar.gz", images), base)
    unpack(stand_ins.write_tar(tmp_path / "in" / "annotations.tar.gz", notes), base)
    found = listing("pets", tmp_path / "in", tmp_path)
    reference = {s: torchvision_datasets.OxfordIIITPet(tmp_path, s) for s in lines}
    assert_same(found, reference["trainval"], {("train",): reference["trainval"],
                                               ("test",): reference["test"]})  # fmt: skip


def test_flowers102(tmp_path):
    images = {f"jpg/image_{n:05d}.jpg": stand_ins.jpeg(n) for n in range(1, 7)}
    base = tmp_path / "flowers-102"
    unpack(stand_ins.write_tar(tmp_path / "in" / "102flowers.tgz", images), base)
    for folder in (tmp_path / "in", base):
        savemat(folder / "imagelabels.mat", {"labels": np.array([[2, 1, 2, 1, 2, 1]])})
        savemat(folder / "setid.mat", {"trnid": [[1, 4]], "valid": [[2, 3]], "tstid": [[5, 6]]})
    found = listing("flowers102", tmp_path / "in", tmp_path)
    reference = {}
    for split in ("train", "val", "test"):
        # torchvision insists on the real files' checksums.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(torchvision_datasets.Flowers102, "_check_integrity", lambda self: True)
            reference[split] = torchvision_datasets.Flowers102(tmp_path, split)
    for split, dataset in reference.items():
        files = zip(dataset._image_files, dataset._labels, strict=True)
        ours = {(s.id, s.labels[0]) for s in found.samples if s.split == split}
        assert ours == {(Path(file).stem, label) for file, label in files}


def test_cars(tmp_path):
    base = tmp_path / "stanford_cars"
    kind = [("class", "O"), ("fname", "O")]
    for split in ("train", "test"):
        images = {f"cars_{split}/{n:05d}.jpg": stand_ins.jpeg(n) for n in (1, 2)}
        unpack(stand_ins.write_tar(tmp_path / "in" / f"cars_{split}.tgz", images), base)
        rows = np.array([[(1, "00001.jpg"), (2, "00002.jpg")]], dtype=kind)
        path = base / "devkit" / "cars_train_annos.mat"
        if split == "test":
            path = base / "cars_test_annos_withlabels.mat"
        path.parent.mkdir(exist_ok=True)
        savemat(path, {"annotations": rows})
    names = np.array([["Acura", "Audi"]], dtype=object)
    savemat(base / "devkit" / "cars_meta.mat", {"class_names": names})
    devkit = {f"devkit/{n}": (base / "devkit" / n).read_bytes() for n in
              ("cars_train_annos.mat", "cars_meta.mat")}  # fmt: skip
    stand_ins.write_tar(tmp_path / "in" / "car_devkit.tgz", devkit)
    labels = (base / "cars_test_annos_withlabels.mat").read_bytes()
    (tmp_path / "in" / "cars_test_annos_withlabels.mat").write_bytes(labels)
    found = listing("cars", tmp_path / "in", tmp_path)
    for split in ("train", "test"):
        reference = torchvision_datasets.StanfordCars(tmp_path, split)
        expected = [(str(Path(f).relative_to(base).with_suffix("")), y)
                    for f, y in reference._samples]  # fmt: skip
        assert [(s.id, s.labels[0]) for s in found.samples if s.split == split] == expected
    assert found.classes == ("Acura", "Audi")


def test_voc2007_labels_are_the_objects_that_are_not_difficult(tmp_path):
    def xml(objects):
        things = "".join(
            f"<object><name>{n}</name><difficult>{d}</difficult></object>" for n, d in objects
        )
        return f"<annotation>{things}</annotation>"

    parts = {"VOCtrainval_06-Nov-2007.tar": {"train": "000005", "val": "000007"},
             "VOCtest_06-Nov-2007.tar": {"test": "000001"}}  # fmt: skip
    for archive, splits in parts.items():
        files = {}
        for split, name in splits.items():
            files[f"VOCdevkit/VOC2007/ImageSets/Main/{split}.txt"] = name + "\n"
            files[f"VOCdevkit/VOC2007/JPEGImages/{name}.jpg"] = stand_ins.jpeg(int(name))
            objects = [("dog", 0), ("dog", 1), ("person", 0), ("car", 1)]
            files[f"VOCdevkit/VOC2007/Annotations/{name}.xml"] = xml(objects)
        stand_ins.write_tar(tmp_path / "in" / archive, files)
    found = listing("voc2007", tmp_path / "in", tmp_path)
    assert [(s.id, s.split) for s in found.samples] == [
        ("000005", "train"), ("000007", "val"), ("000001", "test")]  # fmt: skip
    assert {tuple(found.classes[n] for n in s.labels) for s in found.samples} == {("dog", "person")}


def test_caltech101_keeps_the_background_class(tmp_path):
    images = {
        f"101_ObjectCategories/{c}/image_{n:04d}.jpg": stand_ins.jpeg(n)
        for c in ("accordion", "BACKGROUND_Google", "yin_yang")
        for n in range(1, 4)
    }
    inner = stand_ins.write_tar(tmp_path / "101_ObjectCategories.tar.gz", images)
    stand_ins.write_zip(
        tmp_path / "in" / "caltech-101.zip",
        {"caltech-101/101_ObjectCategories.tar.gz": inner.read_bytes(),
         "caltech-101/Annotations.tar": b"not looked at",
         "__MACOSX/caltech-101/._101_ObjectCategories.tar.gz": b"junk"},
    )  # fmt: skip
    found = listing("caltech101", tmp_path / "in", tmp_path)
    assert found.classes == ("BACKGROUND_Google", "accordion", "yin_yang")
    assert len({sample.id for sample in found.samples}) == 9


def test_sun397_follows_the_authors_partition(tmp_path):
    classes = ["/a/abbey", "/a/apartment_building/outdoor"]
    images = {f"SUN397{c}/sun_{k}{n}.jpg": stand_ins.jpeg(n)
              for k, c in enumerate(classes) for n in range(3)}  # fmt: skip
    stand_ins.write_tar(tmp_path / "in" / "SUN397.tar.gz", images)
    stand_ins.write_zip(
        tmp_path / "in" / "Partitions.zip",
        {"ClassName.txt": "\n".join(classes) + "\n",
         "Training_01.txt": "".join(f"{c}/sun_{k}0.jpg\n" for k, c in enumerate(classes)),
         "Testing_01.txt": "".join(f"{c}/sun_{k}1.jpg\n" for k, c in enumerate(classes))},
    )  # fmt: skip
    found = listing("sun397", tmp_path / "in", tmp_path)
    assert found.classes == ("abbey", "apartment_building/outdoor")
    assert [(s.id, s.labels, s.split) for s in found.samples] == [
        ("sun_00", (0,), "train"), ("sun_10", (1,), "train"),
        ("sun_01", (0,), "test"), ("sun_11", (1,), "test")]  # fmt: skip
    assert all(sample.image.load().size == (40, 30) for sample in found.samples)


def test_birdsnap_leaves_out_photographs_that_are_gone(tmp_path):
    paths = [f"{c}/{n}.jpg" for c in ("Acadian_Flycatcher", "Zone_tailed_Hawk") for n in range(3)]
    table = "url\tmd5\tpath\n" + "".join(f"http://x\t0\t{p}\n" for p in paths)
    tests = "path\nZone_tailed_Hawk/2.jpg\n"
    files = {"birdsnap/images.txt": table, "birdsnap/test_images.txt": tests}
    stand_ins.write_tar(tmp_path / "in" / "birdsnap.tgz", files)
    stand_ins.write_zip(
        tmp_path / "in" / "birdsnap-images.zip",
        {f"images/{p}": stand_ins.jpeg(n) for n, p in enumerate(paths) if n != 1},
    )
    found = listing("birdsnap", tmp_path / "in", tmp_path)
    assert len(found.samples) == 5
    assert [s.image.name for s in found.samples if s.split == "test"] == [
        "images/Zone_tailed_Hawk/2.jpg"
    ]


def test_imagenet_is_read_from_its_archives_in_place(tmp_path):
    wnids = ["n01440764", "n01443537"]
    tars = {}
    for k, wnid in enumerate(wnids):
        files = {f"{wnid}_{n}.JPEG": stand_ins.jpeg(10 * k + n) for n in range(3)}
        tars[f"{wnid}.tar"] = stand_ins.write_tar(tmp_path / "t.tar", files).read_bytes()
    stand_ins.write_tar(tmp_path / "in" / "ILSVRC2012_img_train.tar", tars)
    val = {f"ILSVRC2012_val_{n:08d}.JPEG": stand_ins.jpeg(100 + n) for n in (2, 1, 3)}
    stand_ins.write_tar(tmp_path / "in" / "ILSVRC2012_img_val.tar", val)
    # The devkit numbers classes in another order than that of the WordNet ids.
    kind = [("ILSVRC2012_ID", "O"), ("WNID", "O")]
    buffer = io.BytesIO()
    savemat(buffer, {"synsets": np.array([[(1, wnids[1])], [(2, wnids[0])]], dtype=kind)})
    root = "ILSVRC2012_devkit_t12/data"
    stand_ins.write_tar(
        tmp_path / "in" / "ILSVRC2012_devkit_t12.tar.gz",
        {f"{root}/meta.mat": buffer.getvalue(),
         f"{root}/ILSVRC2012_validation_ground_truth.txt": "1\n2\n2\n"},
    )  # fmt: skip
    found = listing("imagenet", tmp_path / "in", tmp_path)
    assert found.classes == tuple(wnids)
    labels = {s.id: s.labels[0] for s in found.samples if s.split == "val"}
    assert labels == {f"ILSVRC2012_val_{n:08d}": y for n, y in ((1, 1), (2, 0), (3, 0))}
    train = [s for s in found.samples if s.split == "train"]
    assert [s.labels[0] for s in train] == [0, 0, 0, 1, 1, 1]
    expected = Image.open(io.BytesIO(stand_ins.jpeg(11)))
    np.testing.assert_array_equal(np.asarray(train[4].image.load()), np.asarray(expected))


# Anyone's own images


def test_own_class_folders_with_splits(tmp_path):
    for split in ("train", "valid", "test"):
        for name in ("cat", "dog"):
            folder = tmp_path / "own" / "pictures" / split / name
            folder.mkdir(parents=True)
            (folder / "1.PNG").write_bytes(stand_ins.png(len(split)))
            (folder / "._1.png").write_bytes(b"a Mac was here")
    block = {"kind": "folders", "path": str(tmp_path / "own")}
    found = read_layout(tmp_path, tmp_path, block)
    assert [(s.id, s.labels[0], s.split) for s in found.samples] == [
        (f"pictures/{split}/{name}/1", label, part)
        for split, part in (("train", "train"), ("valid", "val"), ("test", "test"))
        for label, name in enumerate(("cat", "dog"))
    ]


def test_own_table_of_paths_and_labels(tmp_path):
    (tmp_path / "img").mkdir()
    for n in range(3):
        (tmp_path / "img" / f"{n}.jpg").write_bytes(stand_ins.jpeg(n))
    text = "path,label,split\nimg/0.jpg,red;round,train\nimg/1.jpg,,val\nimg/2.jpg,round,test\n"
    (tmp_path / "own.csv").write_text(text)
    block = {"kind": "csv", "path": str(tmp_path / "own.csv"), "split": "split", "separator": ";"}
    found = read_layout(tmp_path, tmp_path, block)
    assert found.classes == ("red", "round")
    assert [s.labels for s in found.samples] == [(0, 1), (), (1,)]
    assert [s.split for s in found.samples] == ["train", "val", "test"]
    with pytest.raises(UserError, match="line 2: 'red' is not among"):
        read_layout(tmp_path, tmp_path, {**block, "classes": ["round"]})
    with pytest.raises(UserError, match="missing column wrong"):
        read_layout(tmp_path, tmp_path, {**block, "label": "wrong"})


def test_a_missing_archive_or_column_is_named(tmp_path):
    with pytest.raises(UserError, match=r"aptos2019-blindness-detection.zip: no such file"):
        listing("aptos", tmp_path, tmp_path)
    table = stand_ins.table(["id_code", "grade"], [["a", 1]])
    stand_ins.write_zip(tmp_path / "aptos2019-blindness-detection.zip", {"train.csv": table})
    with pytest.raises(UserError, match="missing column diagnosis"):
        listing("aptos", tmp_path, tmp_path)


def test_an_archive_that_points_outside_is_refused(tmp_path):
    stand_ins.write_zip(tmp_path / "EuroSAT.zip", {"2750/../../x/1.jpg": stand_ins.jpeg(1)})
    with pytest.raises(UserError, match=r"\.\."):
        listing("eurosat", tmp_path, tmp_path)
