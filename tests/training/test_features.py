"""Features of frozen networks: what the last layer receives, of whole images."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from prepared_dataset import write_dataset
from published import ROOT
from stand_in_tables import a_model
from torchvision.transforms.v2 import functional as F

from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.training import models
from transfer.training.features import features_of, frozen_network, sample_rows

CPU = torch.device("cpu")
ROWS = [
    a_model(library="torchvision", architecture="resnet18"),
    a_model(library="torchvision", architecture="squeezenet1_1"),
    a_model(library="timm", architecture="test_vit"),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "squares"), "original")


def inputs(dataset, rows, size, mean, std) -> torch.Tensor:
    """As torchvision makes them of an image alone."""
    images = [torch.from_numpy(dataset.image(row).copy()).permute(2, 0, 1) for row in rows]
    resized = torch.stack([F.resize(image.float(), [size, size]) for image in images]) / 255
    return (resized - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.architecture)
def test_features_are_what_the_last_layer_receives(dataset, row):
    torch.manual_seed(0)
    state = models.create(row).state_dict()
    model = frozen_network(row, state, "mine.pth", 160)
    rows = sample_rows(dataset, 7)
    found = features_of(dataset, rows, row, model, 160, CPU, batch_size=5)
    images = inputs(dataset, rows, 160, *models.channel_statistics(row, "model"))
    with torch.no_grad():
        match row.architecture:
            case "resnet18":
                model.fc = torch.nn.Identity()
                expected = model(images)
            case "squeezenet1_1":
                expected = model.features(images).mean(dim=(2, 3))
            case _:
                expected = model.forward_head(model.forward_features(images), pre_logits=True)
    assert found.dtype == np.float32
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=1e-2, atol=1e-2)
    assert found.std(axis=0).max() > 0.01


def test_a_sample_takes_so_many_of_each_split_and_the_same_each_time(dataset):
    rows = sample_rows(dataset, 20)
    splits, counts = np.unique(dataset.splits[rows], return_counts=True)
    assert dict(zip(splits.tolist(), counts.tolist(), strict=True)) == {
        "train": 20, "val": 20, "test": 18
    }  # fmt: skip
    assert np.array_equal(rows, sample_rows(dataset, 20)) and (np.diff(rows) > 0).all()
    assert len(sample_rows(dataset, 1000)) == len(dataset.ids)


def test_weights_of_another_network_are_refused(dataset):
    state = models.create(ROWS[0]).state_dict()
    with pytest.raises(UserError, match=r"mine\.pth: these weights are of another network"):
        frozen_network(ROWS[1], state, "mine.pth", 160)


def test_the_script_writes_features_labels_and_splits(dataset, tmp_path):
    row = a_model(library="torchvision", architecture="squeezenet1_1")
    torch.manual_seed(0)
    torch.save(models.create(row).state_dict(), tmp_path / "weights.pth")
    output = tmp_path / "features" / "squares" / "squeezenet1_1.npz"
    output.parent.mkdir(parents=True)
    command = [
        sys.executable, ROOT / "scripts" / "extract_features.py", "--data", dataset.folder,
        "--model", "squeezenet1_1", "--weights", tmp_path / "weights.pth", "--images", "10",
        "--image-size", "64", "--device", "cpu", "--threads", "1", "--output", output,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    with np.load(output) as content:
        assert content["features"].shape == (30, 512)
        rows = sample_rows(dataset, 10)
        assert content["ids"].tolist() == dataset.ids[rows].tolist()
        assert content["labels"].tolist() == dataset.labels[rows].tolist()
        assert set(content["splits"]) == {"train", "val", "test"}
