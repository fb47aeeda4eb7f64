"""Networks with a new last layer for a dataset's classes on a pre-trained body."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from transfer.errors import UserError
from transfer.study.model import Model
from transfer.study.settings import Settings
from transfer.training import models

# Heads that serve torchvision's pre-training only.
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


def last_layer(model: nn.Module) -> str:
    """Name the layer that gives the logits: timm's classifier, or the last linear or conv layer."""
    named = getattr(model, "pretrained_cfg", {}).get("classifier")
    modules = dict(model.named_modules())
    if isinstance(named, str) and named in modules:
        # Behind a projection, if the head is on the embedding.
        return f"{named}.1" if isinstance(modules[named], nn.Sequential) else named
    return next(
        name
        for name, module in reversed(list(model.named_modules()))
        if isinstance(module, nn.Linear | nn.Conv2d)
    )


def build(
    row: Model,
    classes: int,
    settings: Settings,
    multilabel: bool,
    state: Mapping[str, torch.Tensor] | None = None,
    source: str = "",
    image_size: int | None = None,
) -> nn.Module:
    """Build a network of the model table with a new head, its body from `state` if there is one.

    How the head starts is `settings.head` and, for SqueezeNet, `settings.squeezenet_head`; on the
    embedding (`settings.head_on`) it starts as PyTorch's linear layers do. The
    head in `state` may have any number of classes, or be absent; `image_size` is the side in pixels
    that `state` was trained at, where it is not the network's own. Raises UserError naming `source`
    if the weights are of another network.
    """
    if settings.head_on == "embedding":
        model, projection = _on_embedding(row, classes)
        theirs = ours = f"{projection}.1"
        state = state and _behind(state, projection)
    else:
        pretrained = models.create(row, classes)
        theirs = last_layer(pretrained)
        model, ours = _with_head(pretrained, theirs, classes, settings, multilabel)
    if image_size is not None:
        models.set_image_size(model, image_size)
    if state is not None:
        load_body(model, ours, state, theirs, source)
    _compute_in_float32(model.get_submodule(ours))
    return model


def _with_head(
    model: nn.Module, name: str, classes: int, settings: Settings, multilabel: bool
) -> tuple[nn.Module, str]:
    """Replace the layer `name`; returns the network and the name of the new layer."""
    reset: Any = getattr(model, "reset_classifier", None)
    if reset is not None:
        if settings.head == "pytorch":
            reset(classes)
        return model, name
    last = model.get_submodule(name)
    if isinstance(last, nn.Conv2d):
        linear = {"linear": True, "convolution": False, "linear_if_multilabel": multilabel}
        if linear[settings.squeezenet_head]:
            # The authors' SqueezeNetLin: neither ReLU nor dropout, so that logits can be negative.
            head = nn.Linear(last.in_channels, classes)
            model.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), head)
            return model, "classifier.2"
        new: nn.Module = nn.Conv2d(last.in_channels, classes, kernel_size=1)
    else:
        new = nn.Linear(last.in_features, classes)  # type: ignore[arg-type]
    _replace(model, name, new)
    return model, name


def _on_embedding(row: Model, classes: int) -> tuple[nn.Module, str]:
    """A network that keeps its projection, with a new layer behind it; and the projection's name.

    Raises UserError if the network does not end in a projection.
    """
    model = models.create(row)
    name = last_layer(model)
    projection = model.get_submodule(name)
    if row.library != "timm" or not isinstance(projection, nn.Linear):
        raise UserError(
            f"config/models.tsv: {row.id}: `head_on: embedding` of the recipe is for timm's "
            "networks that end in a linear projection, such as those of CLIP"
        )
    new = nn.Linear(projection.out_features, classes)
    _replace(model, name, nn.Sequential(projection, new))
    return model, name


def _behind(state: Mapping[str, torch.Tensor], projection: str) -> dict[str, torch.Tensor]:
    """A state dict in which the projection is the first of two layers, as in `_on_embedding`."""
    plain = {f"{projection}.{kind}": f"{projection}.0.{kind}" for kind in ("weight", "bias")}
    return {plain.get(name, name): tensor for name, tensor in state.items()}


def _replace(model: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, attribute = name.rpartition(".")
    setattr(model.get_submodule(parent), attribute, layer)


class Copies(nn.ModuleList):
    """Layers side by side, which receive the same features; their outputs are concatenated."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Compute the outputs `(batch, copies x classes, ...)`, those of a copy side by side."""
        return torch.cat([layer(features) for layer in self], dim=1)


def multiply_head(model: nn.Module, copies: int) -> Copies:
    """Put several copies of the last layer in its place, equal at first; returns them."""
    name = last_layer(model)
    head = model.get_submodule(name)
    several = Copies(copy.deepcopy(head) for _ in range(copies))
    _replace(model, name, several)
    return several


def load_body(
    model: nn.Module, ours: str, state: Mapping[str, torch.Tensor], theirs: str, source: str
) -> None:
    """Load a state dict into all of a network but its last layer.

    `ours` and `theirs` name the last layer in the network and in the state dict, where it is left
    out. So are auxiliary heads; the batch counters that checkpoints of before PyTorch 0.4.1 lack
    stay at zero. Raises UserError naming keys that do not match.
    """
    own = {k: v for k, v in model.state_dict().items() if not k.startswith(f"{ours}.")}
    state = {
        k: v
        for k, v in state.items()
        if not k.startswith(f"{theirs}.") and (k in own or not k.startswith(_AUXILIARY))
    }
    _refuse_other_network(own, state, source)
    model.load_state_dict(state, strict=False)


def _refuse_other_network(
    own: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor], source: str
) -> None:
    problems = {
        "missing": [k for k in own if k not in state and not k.endswith(".num_batches_tracked")],
        "unknown": [k for k in state if k not in own],
        "of another shape": [
            f"{k} {tuple(v.shape)} instead of {tuple(own[k].shape)}"
            for k, v in state.items()
            if k in own and v.shape != own[k].shape
        ],
    }
    found = [
        f"{len(keys)} {what}: {', '.join(keys[:4])}{', ...' if len(keys) > 4 else ''}"
        for what, keys in problems.items()
        if keys
    ]
    if found:
        raise UserError(f"{source}: these weights are of another network: {'; '.join(found)}")


class _InFloat32(nn.Module):
    """Exclude a layer from autocast: in bfloat16, with 8 bits, logits of different images tie."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Apply the layer to float32 features, even if autocast is enabled."""
        kind = features.device.type
        if not (torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)):
            return super().forward(features)
        with torch.autocast(kind, enabled=False):
            return super().forward(features.float())


def _compute_in_float32(head: nn.Module) -> None:
    # A separate class rather than another `forward`, which a copy of the network would share.
    kind = type(head)
    head.__class__ = type(f"{kind.__name__}InFloat32", (_InFloat32, kind), {})
