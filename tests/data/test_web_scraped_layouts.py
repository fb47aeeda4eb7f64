"""Layouts of the web-scraped datasets, compared with torchvision's reading of the same files."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import stand_ins
from layouts import listing
from PIL import Image
from scipy.io import savemat
from torchvision import datasets as torchvision_datasets


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
