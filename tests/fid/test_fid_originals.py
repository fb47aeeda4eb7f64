"""Original images for the distance: their selection, use, and rejection."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pictures
import pytest
import stand_ins
import torch
import yaml
from fid_samples import pytorch_fid_network
from layouts import BLOCKS
from PIL import Image
from pytorch_fid.fid_score import get_activations
from stand_in_tables import a_dataset
from torch.utils.data import DataLoader

from transfer.data.dataset import read_datasets
from transfer.data.decoding import shrink
from transfer.data.derive import derive_dataset
from transfer.data.prepare import prepare_dataset
from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.fid.features import ResizedImages, extract_features
from transfer.fid.images import images_of_dataset, images_of_folder
from transfer.fid.inception import FeatureExtractor, random_weights
from transfer.fid.originals import holds_originals, originals_of
from transfer.fid.statistics import read_statistics

ROOT = Path(__file__).parents[2]
ANIMALS = {
    **{key: BLOCKS["eurosat"][key] for key in ("name", "short_name", "metric")},
    "multilabel": False,
    "citation": "",
    "evaluation_sizes": [32],
    "short_side": 48,
    "source": {"homepage": "https://example.org", "kind": "http", "files": [{"name": "own.zip"}]},
    "layout": {"kind": "folders"},
    "split": {"method": "per_class", "seed": 0, "fraction": 0.25},
}


def prepared(name, block, downloads, folder, **options):
    prepare_dataset(a_dataset(name, block), downloads, folder, workers=1, **options)
    return open_dataset(folder, block["short_side"])


def read_originals(dataset, block, downloads, tmp_path, images="all"):
    """All originals as arrays; the context's scratch is gone afterwards."""
    scratch = tmp_path / "scratch"
    with originals_of(dataset, a_dataset("animals", block), downloads, scratch, images) as source:
        found = [source.image(n) for n in range(len(source))]
    assert not scratch.exists()
    return found


def assert_originals_of_store(found, dataset, rows):
    """Each image, shrunk as preparation shrinks, is the stored one, and larger than it."""
    assert len(found) == len(rows) > 0
    for image, row in zip(found, rows, strict=True):
        small = np.asarray(shrink(Image.fromarray(image), dataset.short_side))
        np.testing.assert_array_equal(small, dataset.image(row))
        assert min(image.shape[:2]) > dataset.short_side


def test_rows_of_a_repeated_image_and_the_splits_of_the_index(tmp_path):
    block = BLOCKS["cct20"] | {"short_side": 96}
    stand_ins.make_cct20(tmp_path / "in", stand_ins.cct20_rows(12), image=pictures.jpeg)
    dataset = prepared("cct20", block, tmp_path / "in", tmp_path / "out")
    assert len(set(dataset.ids)) < len(dataset.ids)
    for images in ("all", "train", "test"):
        rows = np.arange(len(dataset.ids)) if images == "all" else dataset.rows(images)
        found = read_originals(dataset, block, tmp_path / "in", tmp_path, images)
        assert_originals_of_store(found, dataset, rows)


def test_images_that_were_skipped_are_skipped_again(tmp_path):
    def damaged(number):
        return pictures.png(number)[: 100 if number in (3, 11) else None]

    block = BLOCKS["aptos"] | {"short_side": 96}
    stand_ins.make_aptos(tmp_path / "in", image=damaged)
    dataset = prepared("aptos", block, tmp_path / "in", tmp_path / "out", on_bad_image="skip")
    assert len(dataset.ids) == 30
    found = read_originals(dataset, block, tmp_path / "in", tmp_path)
    assert_originals_of_store(found, dataset, np.arange(30))


def test_images_of_equal_pixels_are_in_their_groups_again(tmp_path):
    files = {
        f"{name}/{n}.{kind}": stand_ins.encoded(stand_ins.photograph(seed + n, 70, 60), kind)
        for seed, name in ((0, "cat"), (50, "dog"))
        for n in range(6)
        for kind in ("png", "bmp")
    }
    stand_ins.write_zip(tmp_path / "own.zip", files)
    block = {**ANIMALS, "split": {"method": "grouped", "seed": 0, "fraction": 0.3}}
    dataset = prepared("animals", block, tmp_path, tmp_path / "out")
    assert (tmp_path / "out" / "groups.csv").is_file()
    found = read_originals(dataset, block, tmp_path, tmp_path)
    assert_originals_of_store(found, dataset, range(24))


def test_a_held_out_part_is_carved_out_again(tmp_path):
    split = {"method": "listed", "holdout": {"fraction": 0.3}}
    block = BLOCKS["hpa"] | {"short_side": 96, "split": split}
    stand_ins.make_hpa(tmp_path / "in", n=24, image=pictures.grey_png)
    dataset = prepared("hpa", block, tmp_path / "in", tmp_path / "out")
    found = read_originals(dataset, block, tmp_path / "in", tmp_path, "train")
    assert_originals_of_store(found, dataset, dataset.rows("train"))


@pytest.fixture
def animals(tmp_path):
    """A dataset of large photographs, its zip, and the same files in a folder."""
    names = [f"animals/{kind}/{n}.jpg" for kind in ("cat", "dog") for n in range(4)]
    files = {name: pictures.jpeg(n) for n, name in enumerate(names)}
    stand_ins.write_zip(tmp_path / "in" / "own.zip", files)
    (tmp_path / "datasets.yaml").write_text(yaml.safe_dump({"animals": ANIMALS}))
    prepare_dataset(a_dataset("animals", ANIMALS), tmp_path / "in", tmp_path / "animals", workers=1)
    with zipfile.ZipFile(tmp_path / "in" / "own.zip") as archive:
        archive.extractall(tmp_path / "files")
    return tmp_path


def compute(folder, name, *options):
    """inception_statistics.py on random weights: its mean, covariance and summary, or its words."""
    out = folder / name
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "scripts/inception_statistics.py", *options),
            *("--weights", "random", "--seed", "7", "--folds", "2", "--device", "cpu"),
            *("--output", out / "s.npz", "--folds-output", out / "f.npz", "--summary"),
            out / "s.json",
        ],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        return done.stderr
    assert sorted(path.name for path in out.iterdir()) == ["f.npz", "s.json", "s.npz"]
    return *read_statistics(out / "s.npz"), json.loads((out / "s.json").read_text())


def of_dataset(source, side="48"):
    return (
        *("--dataset-folder", "animals", "--datasets-file", "datasets.yaml", "--downloads", "in"),
        *("--images", "all", "--source", source, "--short-side", side),
    )


def assert_same_statistics(found, expected):
    scale = np.abs(expected[0]).max()
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-3, atol=1e-4 * scale)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-2, atol=1e-3 * expected[1].max())


@pytest.mark.long
def test_originals_give_the_statistics_of_pytorch_fid_on_the_files(animals):
    files = sorted((animals / "files").rglob("*.jpg"))
    # pytorch-fid takes no batch of mixed sizes, so one image at a time.
    network = pytorch_fid_network(random_weights(seed=7))
    features = get_activations(files, network, batch_size=1, num_workers=0)
    expected = features.mean(axis=0), np.cov(features, rowvar=False)
    *found, summary = compute(animals, "o", *of_dataset("originals"), "--workers", "2")
    assert_same_statistics(found, expected)
    assert (summary["image_path"], summary["n_images"]) == ("originals", 8)

    stored = images_of_dataset(open_dataset(animals / "animals", 48), "all")
    ours = FeatureExtractor(random_weights(seed=7))
    [small] = extract_features(ours, stored, [np.arange(8)], "pytorch_fid")
    assert np.abs(small.mean(axis=0) - found[0]).max() > 0.05 * found[0].max()


@pytest.mark.long
def test_a_folder_shrunk_as_for_a_store_gives_the_statistics_of_that_store(animals):
    folder = ("--image-folder", "files", "--source", "store", "--short-side", "48")
    # Which needs none of the source's files.
    shutil.rmtree(animals / "in")
    *stored, summary = compute(animals, "s", *of_dataset("store"))
    *shrunk, of_folder = compute(animals, "f", *folder)
    assert_same_statistics(shrunk, stored)
    assert summary["image_path"] == of_folder["image_path"] == "short side 48"


def test_several_processes_read_the_originals_of_one_zip(tmp_path):
    """Forked after the zip's table was read, as the workers of preparation are."""
    block = BLOCKS["aptos"] | {"short_side": 48}
    stand_ins.make_aptos(tmp_path / "in", (40, 20, 20, 20, 20), image=pictures.png)
    dataset = prepared("aptos", block, tmp_path / "in", tmp_path / "out")
    with originals_of(
        dataset, a_dataset("animals", block), tmp_path / "in", tmp_path / "scratch", "all"
    ) as source:
        resized = ResizedImages(source, "pytorch_fid")
        read = list(DataLoader(resized, batch_size=None, num_workers=2))
        for n in range(0, 120, 7):
            torch.testing.assert_close(read[n], resized[n], rtol=0, atol=1e-5)


def test_a_derived_dataset_has_the_originals_of_the_other(animals):
    few = {"name": "Few", "short_name": "Few", "like": "animals", "sample": {"rows": "few.csv"}}
    (animals / "datasets.yaml").write_text(yaml.safe_dump({"animals": ANIMALS, "few": few}))
    other = open_dataset(animals / "animals", 48)
    train = other.rows("train")
    rows = [train[1], train[0], train[1]]
    (animals / "few.csv").write_text("\n".join(map(str, ["row", *rows])) + "\n")
    dataset = read_datasets(animals / "datasets.yaml")["few"]
    sample = {"rows": str(animals / "few.csv")}
    derive_dataset(replace(dataset, sample=sample), animals / "animals", animals / "few")
    own = open_dataset(animals / "few", 48)
    found = read_originals(own, ANIMALS, animals / "in", animals, "train")
    everything = read_originals(other, ANIMALS, animals / "in", animals)
    assert len(found) == 3
    for image, row in zip(found, rows, strict=True):
        assert np.array_equal(image, everything[row])

    options = ("--dataset-folder", "few", "--datasets-file", "datasets.yaml", "--downloads", "in")
    *_, summary = compute(animals, "d", *options, "--short-side", "48")
    assert (summary["image_path"], summary["n_images"]) == ("originals", 3)


def test_deleted_or_exchanged_downloads_are_refused(animals):
    dataset = open_dataset(animals / "animals", 48)
    (animals / "in" / "own.zip").rename(animals / "elsewhere.zip")
    said = compute(animals, "o", *of_dataset("originals"))
    assert "own.zip missing" in said and "Traceback" not in said
    assert all(way in said for way in ("Restore the files", "fid: folders:", "source: store"))

    other = {f"animals/{kind}/{n}.jpg": pictures.jpeg(n) for kind in ("cat", "dog") for n in (0, 1)}
    stand_ins.write_zip(animals / "in" / "own.zip", other)
    with pytest.raises(UserError, match=r"\(4 rows\) differ .*index\.csv \(8 rows\)"):
        read_originals(dataset, ANIMALS, animals / "in", animals)


def test_a_store_of_whole_images_needs_no_downloads(animals):
    original = ANIMALS | {"short_side": ["original", 48, 400]}
    prepare_dataset(a_dataset("animals", original), animals / "in", animals / "animals", workers=1)
    shutil.rmtree(animals / "in")
    _, _, summary = compute(animals, "o", *of_dataset("originals", "original"))
    assert summary["image_path"] == "originals"
    # Photographs of 380 to 416 pixels a side: a store of 400 has shrunk some.
    whole = {side: holds_originals(open_dataset(animals / "animals", side)) for side in (48, 400)}
    assert whole == {48: False, 400: False}
    assert holds_originals(open_dataset(animals / "animals", "original"))


def test_images_smaller_than_the_store_are_whole_in_it(tmp_path):
    stand_ins.make_eurosat(tmp_path / "in")
    assert holds_originals(prepared("eurosat", BLOCKS["eurosat"], tmp_path / "in", tmp_path / "o"))


def test_swapped_channels_are_no_originals(tmp_path):
    block = BLOCKS["aptos"] | {"short_side": "original"}
    block["layout"] = block["layout"] | {"channel_order": "bgr"}
    stand_ins.make_aptos(tmp_path / "in")
    dataset = prepared("aptos", block, tmp_path / "in", tmp_path / "aptos")
    assert not holds_originals(dataset)
    found = read_originals(dataset, block, tmp_path / "in", tmp_path)
    np.testing.assert_array_equal(found[5][..., ::-1], dataset.image(5))


def test_a_turned_photograph_is_upright_in_folder_and_store(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind, first in ("a", 0), ("b", 2):
        (tmp_path / "in" / kind).mkdir(parents=True)
        for n in range(2):
            path = tmp_path / "in" / kind / f"{n}.jpg"
            stand_ins.photograph(first + n, 60, 40).save(path, exif=exif)
    block = ANIMALS | {"short_side": 30, "split": {"method": "none"}}
    block["layout"] = {"kind": "folders", "path": str(tmp_path / "in")}
    block["source"] = block["source"] | {"files": []}
    dataset = prepared("own", block, tmp_path, tmp_path / "own")
    stored, folder = images_of_dataset(dataset, "all"), images_of_folder(tmp_path / "in", 30)
    originals = read_originals(dataset, block, tmp_path, tmp_path)
    for n in range(4):
        assert originals[n].shape == (60, 40, 3)
        np.testing.assert_array_equal(images_of_folder(tmp_path / "in").image(n), originals[n])
        np.testing.assert_array_equal(folder.image(n), stored.image(n))
