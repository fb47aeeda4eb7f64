"""Options of distances from the configuration."""

import shlex
from dataclasses import replace

import pytest
from stand_in_tables import a_dataset

from transfer.fid.options import (
    dataset_flags,
    fid_options,
    folder_flags,
    of_demonstration,
    reference_flags,
    side_to_read,
    weights_flags,
    without_distance,
    without_flags,
)
from transfer.validation import read_yaml

FID = read_yaml("config/config.yaml", "config")["fid"]
OPTIONS = fid_options(FID)
STORE = replace(OPTIONS, source="store")


def test_the_demonstration_has_options_of_its_own_and_the_others_of_all():
    demo = fid_options(FID, demonstration=True)
    assert (OPTIONS.weights, OPTIONS.reference) == ("inception", "imagenet")
    assert (demo.weights, demo.reference) == ("random", "digits_source")
    assert demo.source == OPTIONS.source and not demo.ready_reference
    assert fid_options({**FID, "reference": "statistics/imagenet.npz"}).ready_reference
    assert of_demonstration(a_dataset(demo=True)) and not of_demonstration(a_dataset())


@pytest.mark.parametrize(
    ("sides", "options", "side"),
    [
        ([368, "original"], OPTIONS, "original"),
        ([368, "original"], STORE, 368),
        ([368, 64], OPTIONS, 368),
    ],
)
def test_originals_are_read_from_a_store_that_holds_them(sides, options, side):
    assert side_to_read(a_dataset(short_side=sides), options) == side


def test_paths_reach_the_script_as_they_are():
    folder = "a folder/of 'images'"
    assert shlex.split(folder_flags(OPTIONS, folder, 368))[-2:] == ["--image-folder", folder]
    assert folder_flags(STORE, folder, 368).endswith(" --short-side 368")
    assert shlex.split(reference_flags(folder, None)) == ["--reference-statistics", folder]
    assert "--reference-summary 'x.json'" in reference_flags("x.npz", "x.json")
    flags = dataset_flags(OPTIONS, "data/pets", "downloads/pets", 368)
    assert "--images train --downloads downloads/pets" in flags


def test_random_weights_need_no_folder():
    assert weights_flags(replace(OPTIONS, weights="random"), "w") == "--weights random"
    assert weights_flags(OPTIONS, "w") == "--weights inception --weights-folder w"


@pytest.mark.parametrize(
    ("files", "without", "flags"),
    [
        ({}, {}, ""),
        (
            {"cars": ("cars.tgz",)},
            {"cars": ["cars"]},
            "--without cars --to-place cars/cars.tgz",
        ),
        (
            {"imagenet": ("a.tar", "b.tar")},
            {"cars": ["imagenet"], "pets": ["imagenet"]},
            "--without cars pets --to-place imagenet/a.tar imagenet/b.tar",
        ),
    ],
)
def test_a_distance_lacks_its_images_or_its_reference(files, without, flags):
    def to_place(dataset):
        return files.get(dataset, ())

    found = without_distance(["cars", "pets"], lambda dataset: "imagenet", to_place)
    assert found == without
    assert without_flags(found, to_place) == flags
