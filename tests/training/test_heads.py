"""New last layers: initialisation, network body, and precision."""

import copy

import pytest
import timm
import torch
from stand_in_tables import a_model
from torch import nn
from training_settings import settings_with

from transfer.errors import UserError
from transfer.study.model import read_models
from transfer.training import heads, models

TABLE = list(read_models("config/models.tsv").values())
SQUEEZENET = a_model(library="torchvision", architecture="squeezenet1_1")
RESNET = a_model(library="torchvision", architecture="resnet18")


def timm_row(name):
    return a_model(library="timm", architecture=name)


def build(row, classes=5, multilabel=False, state=None, **changed):
    torch.manual_seed(0)
    return heads.build(row, classes, settings_with(**changed), multilabel, state, "mine.pth")


def head_of(model) -> nn.Module:
    return model.get_submodule(heads.last_layer(model))


@pytest.mark.parametrize(
    ("name", "library", "pytorch"),
    [
        # timm draws EfficientNet's weights from +-1 / sqrt(classes), DeiT's with deviation 0.02;
        # PyTorch draws from +-1 / sqrt(features).
        ("efficientnet_b0", 1 / (5 * 3) ** 0.5, 1 / (1280 * 3) ** 0.5),
        ("deit_tiny_patch16_224", 0.02, 1 / (192 * 3) ** 0.5),
    ],
)
def test_timms_heads_start_as_timm_starts_them_unless_asked_otherwise(name, library, pytorch):
    for choice, deviation in (("library", library), ("pytorch", pytorch)):
        weight = head_of(build(timm_row(name), head=choice)).weight
        assert weight.shape[0] == 5
        assert float(weight.detach().std()) == pytest.approx(deviation, rel=0.1), choice
    torch.manual_seed(0)
    theirs = timm.create_model(name, num_classes=5)
    ours = build(timm_row(name))
    assert torch.equal(head_of(ours).weight, head_of(theirs).weight)
    assert not head_of(ours).bias.any()


@pytest.mark.parametrize(
    ("choice", "multilabel", "kind"),
    [
        ("linear_if_multilabel", False, nn.Conv2d),
        ("linear_if_multilabel", True, nn.Linear),
        ("convolution", True, nn.Conv2d),
        ("linear", False, nn.Linear),
    ],
)
def test_squeezenet_can_say_no_where_an_image_has_several_labels(choice, multilabel, kind):
    model = build(SQUEEZENET, 6, multilabel, squeezenet_head=choice).eval()
    assert isinstance(head_of(model), kind)
    with torch.no_grad():
        logits = model(torch.randn(4, 3, 64, 64))
    assert logits.shape == (4, 6)
    # Behind a ReLU no logit is negative, so no probability falls below one half.
    assert bool((logits < 0).any()) is (kind is nn.Linear)
    assert any(isinstance(m, nn.Dropout) for m in model.classifier) is (kind is nn.Conv2d)


@pytest.mark.parametrize("row", [RESNET, SQUEEZENET, timm_row("lcnet_050")], ids=str)
@pytest.mark.parametrize("theirs", [1000, 7, None])
def test_the_body_comes_from_the_weights_whatever_head_they_have(row, theirs):
    torch.manual_seed(1)
    whole = models.create(row)
    name = heads.last_layer(whole)
    state = dict(whole.state_dict())
    for key in [key for key in state if key.startswith(f"{name}.")]:
        tensor = state.pop(key)
        if theirs:
            state[key] = tensor[:theirs]
    for multilabel in (False, True):
        model = build(row, multilabel=multilabel, state=state)
        own = model.state_dict()
        body = [key for key in state if not key.startswith(f"{name}.")]
        assert body and all(torch.equal(own[key], state[key]) for key in body)


def test_weights_of_another_network_are_refused_by_key():
    state = dict(models.create(SQUEEZENET).state_dict())
    state["features.3.squeeze.bias"] = torch.zeros(7)
    state["other.weight"] = torch.zeros(1)
    del state["features.0.bias"]
    with pytest.raises(UserError) as error:
        build(SQUEEZENET, state=state)
    for part in ("mine.pth", "1 missing: features.0.bias", "1 unknown: other.weight",
                 "features.3.squeeze.bias (7,) instead of (16,)"):  # fmt: skip
        assert part in str(error.value)


@pytest.mark.parametrize("row", [RESNET, SQUEEZENET, timm_row("efficientnet_b0")], ids=str)
def test_logits_have_more_digits_than_bfloat16(row):
    images = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    model = build(row, 20).eval()
    other = copy.deepcopy(model)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(images)
        head_of(other).weight.zero_()
        # A copy has a head of its own.
        assert (other(images) == other(images[:1])).all() and (logits != logits[:1]).any()
    assert logits.dtype == torch.float32
    # SqueezeNet's last ReLU leaves zeros.
    others = logits[logits != 0]
    assert len(others) and (others != others.bfloat16().float()).float().mean() > 0.5


@pytest.mark.parametrize("row", TABLE, ids=[row.id for row in TABLE])
def test_of_every_model_only_the_last_layer_is_new(row):
    with torch.device("meta"):
        state = models.create(row).state_dict()
        model = build(row, multilabel=True, state=state)
    name = heads.last_layer(model)
    own = model.state_dict()
    new = {key for key in own if key not in state or own[key].shape != state[key].shape}
    assert new == {f"{name}.weight", f"{name}.bias"}
    assert own[f"{name}.weight"].shape[0] == 5


CLIP = [row for row in TABLE if row.id.startswith("clip_")]
# What CLIP's image towers embed in (Radford et al. 2021, Tables 19 and 20).
EMBEDDED = {
    "clip_rn50": 1024, "clip_rn101": 512, "clip_vit_b32": 512, "clip_vit_b16": 512,
    "clip_vit_l14": 768, "clip_vit_l14_336": 768,
}  # fmt: skip


@pytest.mark.parametrize("row", CLIP, ids=lambda row: row.id)
def test_heads_on_clips_embedding_keep_the_projection(row):
    with torch.device("meta"):
        model = build(row, head_on="embedding")
        behind = build(row)
    assert head_of(model).in_features == EMBEDDED[row.id]
    assert head_of(model).out_features == 5
    # Every parameter of the table, and the new layer's; without it, the projection's are lost.
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == row.parameters + 5 * (EMBEDDED[row.id] + 1)
    assert head_of(behind).in_features > head_of(model).in_features
    assert len(CLIP) == 6


def test_a_head_on_the_embedding_loads_and_needs_the_projection():
    row = timm_row("test_vit")
    state = {k: torch.rand_like(v) for k, v in models.create(row).state_dict().items()}
    model = build(row, state=state, head_on="embedding")
    assert heads.last_layer(model) == "head.1"
    assert torch.equal(model.head[0].weight, state["head.weight"])
    assert model(torch.zeros(2, 3, 160, 160)).shape == (2, 5)
    # What such a network leaves for others, without its own head, is taken up as well.
    left = {k: v for k, v in model.state_dict().items() if not k.startswith("head.1")}
    again = build(row, classes=3, state=left, head_on="embedding")
    assert torch.equal(again.head[0].weight, state["head.weight"])
    del state["head.weight"]
    with pytest.raises(UserError, match=r"mine\.pth: .*missing: head\.0\.weight"):
        build(row, state=state, head_on="embedding")


@pytest.mark.parametrize("row", [SQUEEZENET, RESNET], ids=lambda row: row.architecture)
def test_a_network_without_a_projection_is_refused(row):
    with pytest.raises(UserError, match="end in a linear projection"):
        build(row, head_on="embedding")


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("row", [SQUEEZENET, RESNET, timm_row("test_vit")])
def test_copies_of_a_head_compute_side_by_side(row, multilabel):
    model = build(row, multilabel=multilabel).eval()
    images = torch.rand(2, 3, 160, 160)
    with torch.no_grad():
        single = model(images)
        copies = heads.multiply_head(model, 3)
        assert torch.equal(model(images).unflatten(1, (3, 5)), single[:, None].expand(2, 3, 5))
        copies[1].weight.zero_(), copies[1].bias.zero_()
        several = model(images).unflatten(1, (3, 5))
    torch.testing.assert_close(several[:, 0], single)
    assert not several[:, 1].any()
