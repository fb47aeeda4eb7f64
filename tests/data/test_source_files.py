"""Validate the sources in config/datasets.yaml: complete, with what each kind of source needs."""

from pathlib import Path

import pytest

from transfer.data.source.files import SourceFile, source_files
from transfer.validation import read_yaml

TABLE = Path(__file__).parents[2] / "config" / "datasets.yaml"
DATASETS = read_yaml(TABLE, "datasets")
FILES = [(name, file) for name in DATASETS for file in source_files(DATASETS[name]["source"])]

# Under these names people place files by hand.
PLACED_BY_HAND = {
    "cct20": ["eccv_18_annotations.tar.gz", "eccv_18_all_images_sm.tar.gz"],
    "aptos": ["aptos2019-blindness-detection.zip"],
    "hpa": ["human-protein-atlas-image-classification.zip", "split.stratified.small.0.csv"],
    "melanoma": ["jpeg-melanoma-512x512.zip", "jpeg-isic2019-512x512.zip"],
    "cassava": ["cassava-leaf-disease-classification.zip"],
    "eurosat": ["EuroSAT.zip"],
    "cifar10": ["cifar-10-python.tar.gz"],
}


@pytest.mark.parametrize("dataset", PLACED_BY_HAND)
def test_names_of_files_are_the_sources_own(dataset: str) -> None:
    assert [file.name for name, file in FILES if name == dataset] == PLACED_BY_HAND[dataset]


@pytest.mark.parametrize(("dataset", "file"), FILES, ids=lambda value: getattr(value, "name", None))
def test_each_file_has_what_its_kind_needs(dataset: str, file: SourceFile) -> None:
    needed = {
        "http": bool(file.addresses),
        "kaggle_competition": file.slug.count("/") == 0 and bool(file.slug),
        "kaggle_dataset": file.slug.count("/") == 1,
        "by_hand": bool(file.instructions),
    }
    assert needed[file.kind]
    # Other sources than Kaggle's, and images that were never one file, have a checksum.
    assert file.checksums or file.slug or file.name == "birdsnap-images.zip"
