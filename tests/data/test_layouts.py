"""Every layout, from a hand-placed archive in the format of the source to the prepared dataset."""

import io
import pickle
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import stand_ins
from layouts import BLOCKS, listing, prepared
from PIL import Image
from torchvision import datasets as torchvision_datasets
from torchvision import transforms

from transfer.data.layouts import KINDS, read_layout
from transfer.errors import UserError


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
    with pytest.raises(UserError, match="rejected"):
        listing("cifar10", tmp_path / "in", tmp_path)
    assert not (tmp_path / "harmed").exists()


DIGITS = {
    "source": "accuracy",
    "classes": "accuracy",
    "rare": "roc_auc",
    "grades": "quadratic_weighted_kappa",
    "multilabel": "macro_f1",
}


@pytest.mark.parametrize(("task", "metric"), DIGITS.items())
def test_digits(tmp_path, task, metric):
    found = listing(f"digits_{task}", tmp_path, tmp_path)
    assert BLOCKS[f"digits_{task}"]["metric"] == metric
    splits = Counter(sample.split for sample in found.samples)
    of_digits = {"train": 2400, "val": 200, "test": 600}
    assert splits == (of_digits if task == "source" else {"train": 50, "val": 100, "test": 847})
    for split in splits:
        part = [sample for sample in found.samples if sample.split == split]
        frequency = Counter(label for sample in part for label in sample.labels)
        assert set(frequency) == set(range(len(found.classes)))
        if task == "source":
            assert set(frequency.values()) == {splits[split] // 40}
        if task == "rare":
            assert 0.09 < frequency[1] / len(part) < 0.11
    if task == "multilabel":
        assert {len(sample.labels) for sample in found.samples} >= {0, 1, 2, 3}


def test_no_digit_is_both_in_the_source_and_a_target_whatever_the_seeds(tmp_path):
    def digits(task, seed):
        samples = listing(f"digits_{task}", tmp_path, tmp_path, seed=seed).samples
        return {sample.id[:10]: sample.split for sample in samples}

    source, targets = digits("source", 0), digits("classes", 0)
    assert len(source) == 800 and len(targets) == 997
    assert not set(source) & set(targets)
    for task in DIGITS:
        same, another = digits(task, 0), digits(task, 1)
        assert same == (source if task == "source" else targets)
        assert set(another) == set(same) and another != same


def test_the_pixels_of_the_source_are_those_of_no_target(tmp_path):
    """Nor do two of its splits share a digit, however it is turned."""
    grey = {}
    for task in ("source", "classes"):
        samples = listing(f"digits_{task}", tmp_path, tmp_path).samples
        assert len({sample.id for sample in samples}) == len(samples)
        for sample in samples:
            pixels = np.asarray(sample.image.load())[:, :, 0]
            turned = min(np.rot90(pixels, turn).tobytes() for turn in range(4))
            grey.setdefault(turned, set()).add((task, sample.id[:10], sample.split))
    assert len(grey) == 1797
    assert {len(rows) for rows in grey.values()} == {1}


def test_a_digit_is_turned_as_its_class_says(tmp_path):
    found = listing("digits_source", tmp_path, tmp_path)
    images = {sample.id: np.asarray(sample.image.load()) for sample in found.samples}
    for sample in found.samples:
        name, _, turned = sample.id[6:].partition("_")
        upright = images[f"digit_{name}"]
        expected = np.rot90(upright, int(turned or 0) // 90)
        assert np.array_equal(images[sample.id], expected)
        assert found.classes[sample.labels[0]].partition("_")[2] == turned


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
