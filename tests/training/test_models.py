"""Every architecture of the model table is built, with a head for a dataset's classes."""

import pytest
import torch
from stand_in_tables import a_model
from training_settings import settings_with

from transfer.errors import UserError
from transfer.study.model import read_models
from transfer.training import heads, models

ROWS = read_models("config/models.tsv")
# Built and run in every test run; the others in the long one.
QUICK = {"squeezenet1_1", "shufflenet_v2_x0_5", "mobilenet_v3_small", "deit_tiny"}


def outputs(row, classes=3, size=None):
    model = heads.build(row, classes, settings_with(), multilabel=False)
    size = size or row.input_size
    models.set_image_size(model, size)
    model.eval()
    with torch.no_grad():
        return model, model(torch.zeros(2, 3, size, size))


@pytest.mark.parametrize(
    "model", [m if m in QUICK else pytest.param(m, marks=pytest.mark.long) for m in ROWS]
)
def test_every_model_is_built_with_a_head_for_the_classes(model):
    network, scores = outputs(ROWS[model])
    assert scores.shape == (2, 3)
    expected = ROWS[model].parameters
    with torch.device("meta"):
        whole = models.create(ROWS[model])
    assert sum(p.numel() for p in whole.parameters()) == expected
    assert sum(p.numel() for p in network.parameters()) < expected


@pytest.mark.parametrize("architecture", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_off(architecture):
    row = a_model(library="torchvision", architecture=architecture)
    model = heads.build(row, 3, settings_with(), multilabel=False)
    assert model.fc.out_features == 3
    assert not any(name.lower().startswith("aux") and list(module.parameters())
                   for name, module in model.named_modules())  # fmt: skip


def test_a_transformer_of_timm_takes_another_size_and_one_of_torchvision_says_it_cannot():
    _, scores = outputs(ROWS["deit_tiny"], size=64)
    assert scores.shape == (2, 3)
    row = a_model(library="torchvision", architecture="vit_b_16")
    with torch.device("meta"):
        model = models.create(row)
    with pytest.raises(UserError, match="images of 224 px, not 256"):
        models.set_image_size(model, 256)


def test_the_models_own_statistics_and_imagenets():
    row = ROWS["inception_resnet_v2"]
    assert models.channel_statistics(row, "imagenet")[0] == (0.485, 0.456, 0.406)
    assert models.channel_statistics(row, "model") == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert models.channel_statistics(ROWS["clip_vit_b32"], "model")[0][0] == 0.48145466


@pytest.mark.parametrize(
    "row",
    [
        a_model(library="torchvision", architecture="resnet51"),
        a_model(library="timm", architecture="deit_tyni"),
        a_model(library="keras", architecture="resnet50"),
    ],
)
def test_what_no_library_knows_is_refused(row):
    with pytest.raises(UserError):
        models.create(row)
