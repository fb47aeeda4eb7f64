"""Human Protein Atlas: four one-channel images per sample, several labels each (Kaggle 2018)."""

import io
from pathlib import Path

import pandas as pd

from transfer.data.channels import CHANNELS, StackedChannels
from transfer.data.samples import Listing, Sample
from transfer.data.unpacking import open_members
from transfer.errors import UserError

ARCHIVE = "human-protein-atlas-image-classification.zip"
SPLIT_TABLE = "split.stratified.small.0.csv"
SPLITS = {"train": "train", "val": "val", "test_val": "test"}

# The organelles in the order of the competition's class numbers.
CLASSES = (
    "Nucleoplasm", "Nuclear membrane", "Nucleoli", "Nucleoli fibrillar center",
    "Nuclear speckles", "Nuclear bodies", "Endoplasmic reticulum", "Golgi apparatus",
    "Peroxisomes", "Endosomes", "Lysosomes", "Intermediate filaments", "Actin filaments",
    "Focal adhesion sites", "Microtubules", "Microtubule ends", "Cytokinetic bridge",
    "Mitotic spindle", "Microtubule organizing center", "Centrosome", "Lipid droplets",
    "Plasma membrane", "Cell junctions", "Mitochondria", "Aggresome", "Cytosol",
    "Cytoplasmic bodies", "Rods & rings",
)  # fmt: skip


def read(folder: Path, scratch: Path, *, channels: str = "red_green_blue") -> Listing:
    """List the samples of the published split table, in its order and with its splits.

    Its `test_val` is called `test` here. `channels: red_green_blue` drops the yellow channel, like
    the authors' code, which stacks four channels and reads back three; `yellow_to_red_green`
    averages yellow into red and green, so that no channel is lost. The greyscale files are 8-bit;
    16-bit ones are scaled.
    """
    split_file = folder / SPLIT_TABLE
    if not split_file.is_file():
        raise UserError(f"{split_file}: no such file; it contains the published split")
    rows = pd.read_csv(
        io.StringIO(split_file.read_text(encoding="utf-8-sig")), dtype=str, keep_default_na=False
    )
    absent = [column for column in ("Id", "Target", "Split") if column not in rows.columns]
    if absent:
        raise UserError(f"{split_file}: missing column {', '.join(absent)}")
    unknown = sorted(set(rows["Split"]) - set(SPLITS))
    if unknown:
        raise UserError(f"{split_file}: unknown Split {', '.join(unknown)}")
    members = open_members(folder / ARCHIVE, scratch, nested=("train.zip",))
    samples = []
    for key, target, part in rows[["Id", "Target", "Split"]].itertuples(index=False):
        parts = tuple(members.image(f"train/{key}_{channel}.png") for channel in CHANNELS)
        labels = tuple(sorted(int(label) for label in target.split()))
        image = StackedChannels(f"train/{key}", parts, channels)
        samples.append(Sample(id=key, labels=labels, image=image, split=SPLITS[part]))
    return Listing(tuple(samples), CLASSES)
