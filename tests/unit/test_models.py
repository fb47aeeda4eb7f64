"""Every architecture of the model table gets a head for the dataset's classes."""

import pandas as pd
import pytest
import torch
from torch import nn

from transfer.errors import UserError
from transfer.training import models

TABLE = pd.read_csv("config/models.tsv", sep="\t", dtype=str, keep_default_na=False)
ROWS = {row["model"]: row for row in TABLE.to_dict("records")}
# Built and run in every test run; the others in the long one.
QUICK = {"squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "deit_tiny"}


def outputs(row, classes=3, size=None):
    model = models.create(row)
    size = size or int(row["input_size"])
    models.set_image_size(model, size)
    models.replace_head(model, classes)
    model.eval()
    with torch.no_grad():
        return model, model(torch.zeros(2, 3, size, size))


@pytest.mark.parametrize(
    "model", [m if m in QUICK else pytest.param(m, marks=pytest.mark.long) for m in ROWS]
)
def test_every_model_is_built_with_a_head_for_the_classes(model):
    network, scores = outputs(ROWS[model])
    assert scores.shape == (2, 3)
    expected = int(ROWS[model]["parameters"])
    with torch.device("meta"):
        whole = models.create(ROWS[model])
    assert sum(p.numel() for p in whole.parameters()) == expected
    assert sum(p.numel() for p in network.parameters()) < expected


def test_squeezenets_head_is_a_convolution():
    model, _ = outputs(ROWS["squeezenet1_1"], size=64)
    assert isinstance(model.classifier[1], nn.Conv2d)
    assert model.classifier[1].weight.shape == (3, 512, 1, 1)


@pytest.mark.parametrize("architecture", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_off(architecture):
    row = {"library": "torchvision", "architecture": architecture, "weights": "file"}
    model = models.create(row)
    models.replace_head(model, 3)
    assert model.fc.out_features == 3
    assert not any(name.lower().startswith("aux") and list(module.parameters())
                   for name, module in model.named_modules())  # fmt: skip


def test_a_transformer_of_timm_takes_another_size_and_one_of_torchvision_says_it_cannot():
    _, scores = outputs(ROWS["deit_tiny"], size=64)
    assert scores.shape == (2, 3)
    row = {"library": "torchvision", "architecture": "vit_b_16", "weights": "file"}
    with torch.device("meta"):
        model = models.create(row)
    with pytest.raises(UserError, match="images of 224 px, not 256"):
        models.set_image_size(model, 256)


def test_weights_of_another_network_are_refused_by_key():
    row = ROWS["squeezenet1_1"]
    model = models.create(row)
    state = dict(model.state_dict())
    state["classifier.1.weight"] = torch.zeros(7, 512, 1, 1)
    state["other.weight"] = torch.zeros(1)
    del state["features.0.bias"]
    with pytest.raises(UserError) as error:
        models.load_state(model, state, "file.pth")
    for part in ("file.pth", "1 missing: features.0.bias", "1 unknown: other.weight",
                 "classifier.1.weight (7, 512, 1, 1) instead of (1000, 512, 1, 1)"):  # fmt: skip
        assert part in str(error.value)


def test_the_models_own_statistics_and_imagenets():
    row = ROWS["inception_resnet_v2"]
    assert models.channel_statistics(row, "imagenet")[0] == (0.485, 0.456, 0.406)
    assert models.channel_statistics(row, "model") == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert models.channel_statistics(ROWS["clip_vit_b32"], "model")[0][0] == 0.48145466


@pytest.mark.parametrize(
    "row",
    [
        {"library": "torchvision", "architecture": "resnet51", "weights": "file"},
        {"library": "timm", "architecture": "deit_tyni", "weights": "file"},
        {"library": "keras", "architecture": "resnet50", "weights": "file"},
    ],
)
def test_what_no_library_knows_is_refused(row):
    with pytest.raises(UserError):
        models.create(row)
