"""Every model of config/models.tsv exists with exactly its weights tag."""

from pathlib import Path

import pytest
import timm
import torch
from torchvision.models import get_model, get_weight, list_models

from transfer.errors import UserError
from transfer.validation import read_table, read_text_table

ROOT = Path(__file__).parents[2]
PATH = ROOT / "config" / "models.tsv"
TABLE = read_table(PATH, "models").set_index("model", drop=False)
PUBLISHED = ROOT / "resources" / "published" / "fang2023"
rows = pytest.mark.parametrize("row", [row for _, row in TABLE.iterrows()], ids=TABLE.index)


@rows
def test_the_architecture_exists_and_the_weights_are_pinned_to_it(row):
    if row.library == "torchvision":
        assert row.architecture in list_models()
        if row.weights != "file":
            weights = get_weight(row.weights)
            assert str(weights) == row.weights
            # A name that is an alias, such as DEFAULT, would come back as another member.
            assert weights.name == row.weights.split(".")[1]
            assert weights in list(type(weights))
            assert weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] == row.imagenet_top1_library
            assert weights.meta["num_params"] == row.parameters
            family = row.weights.split("_Weights")[0].lower()
            assert family == row.architecture
    else:
        architecture, tag = row.weights.split(".")
        assert architecture == row.architecture and timm.is_model(architecture)
        config = timm.get_pretrained_cfg(row.weights, allow_unregistered=False)
        assert config.tag == tag and config.architecture == architecture
        sizes = {config.input_size[-1], (config.test_input_size or config.input_size)[-1]}
        assert row.native_size in sizes


def test_the_models_of_the_paper_are_there():
    for name in ("table03", "table07", "table08"):
        table = read_text_table(PUBLISHED / f"{name}.csv", name, PUBLISHED)
        assert set(table["model"]) <= set(TABLE.index)


SOME = ["squeezenet1_1", "shufflenet_v2_x0_5", "deit_tiny", "clip_rn50"]
MINIATURE = [model for model in TABLE.index if model.startswith("test_")]


@pytest.mark.parametrize("model", [*SOME, *MINIATURE])
def test_parameters_are_those_of_the_built_network(model):
    row = TABLE.loc[model]
    with torch.device("meta"):
        if row.library == "torchvision":
            network = get_model(row.architecture, weights=None)
        else:
            network = timm.create_model(row.weights, pretrained=False)
    assert sum(parameter.numel() for parameter in network.parameters()) == row.parameters


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("AlexNet_Weights.IMAGENET1K_V1", "", "line 2: missing 'weights'"),
        ("AlexNet_Weights.IMAGENET1K_V1", "AlexNet_Weights.DEFAULT", "line 2: weights: "),
        ("AlexNet_Weights.IMAGENET1K_V1", "alexnet", "line 2: weights: 'alexnet' does not match"),
        (
            "deit_tiny_patch16_224.fb_in1k",
            "deit_tiny_patch16_224",
            "line 8: weights: 'deit_tiny_patch16_224' does not match",
        ),
        ("deit_tiny_patch16_224.fb_in1k", "deit_tiny_patch16_224.", "line 8: weights: "),
    ],
)
def test_a_model_without_a_full_weights_tag_is_refused(tmp_path, old, new, says):
    path = tmp_path / "models.tsv"
    path.write_text(PATH.read_text().replace(old, new, 1))
    with pytest.raises(UserError) as caught:
        read_table(path, "models")
    assert f"{path}: {says}" in str(caught.value)
