"""The networks of the model table, with their heads replaced for a dataset's classes."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from transfer.errors import UserError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# torchvision's two networks with auxiliary heads, which serve pre-training only.
_WITHOUT_AUXILIARY = {"googlenet", "inception_v3"}
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


def timm_name(row: Mapping[str, Any]) -> str:
    """timm's full name, `architecture.tag`; a bare name would follow timm's moving default."""
    architecture, weights = row["architecture"], row["weights"]
    if weights == "file":
        return architecture
    return weights if weights.startswith(f"{architecture}.") else f"{architecture}.{weights}"


def _row(row: Mapping[str, Any]) -> str:
    """Where a mistake stands, if the row tells its name."""
    return f"config/models.tsv: {row['model']}: " if "model" in row else ""


def create(row: Mapping[str, Any]) -> nn.Module:
    """A network of the model table as it was pre-trained, head included, with random weights.

    `row` needs `library` (torchvision or timm), `architecture` and `weights`. Auxiliary heads
    are off. Raises UserError if the library does not know the architecture.
    """
    if row["library"] == "torchvision":
        from torchvision.models import get_model

        options: dict[str, Any] = {}
        if row["architecture"] in _WITHOUT_AUXILIARY:
            options = {"aux_logits": False, "init_weights": True}
        try:
            return get_model(row["architecture"], weights=None, **options)
        except ValueError as error:
            raise UserError(f"{_row(row)}torchvision: {error}") from None
    if row["library"] == "timm":
        import timm

        name = timm_name(row)
        try:
            return timm.create_model(name, pretrained=False)
        except RuntimeError as error:
            raise UserError(f"{_row(row)}timm: {name}: {error}") from None
    raise UserError(f"unknown library '{row['library']}' (known: torchvision, timm)")


def load_state(model: nn.Module, state: Mapping[str, torch.Tensor], source: str) -> None:
    """Load a state dict that must match the network; raise UserError naming keys that do not.

    Auxiliary heads are passed over, and the batch counters that checkpoints of before PyTorch
    0.4.1 lack are left at zero.
    """
    own = model.state_dict()
    state = {k: v for k, v in state.items() if k in own or not k.startswith(_AUXILIARY)}
    problems = {
        "missing": [k for k in own if k not in state and not k.endswith(".num_batches_tracked")],
        "unknown": [k for k in state if k not in own],
        "of another shape": [
            f"{k} {tuple(v.shape)} instead of {tuple(own[k].shape)}"
            for k, v in state.items()
            if k in own and v.shape != own[k].shape
        ],
    }
    told = [
        f"{len(keys)} {what}: {', '.join(keys[:4])}{', ...' if len(keys) > 4 else ''}"
        for what, keys in problems.items()
        if keys
    ]
    if told:
        raise UserError(f"{source}: these weights are of another network: {'; '.join(told)}")
    model.load_state_dict(state, strict=False)


def replace_head(model: nn.Module, classes: int) -> None:
    """Give the network a new last layer for `classes` classes, with PyTorch's default weights.

    timm's own `reset_classifier` where there is one; otherwise the last linear or convolutional
    layer is replaced by its like, which in SqueezeNet is a 1 x 1 convolution (as the authors'
    code does it).
    """
    reset: Any = getattr(model, "reset_classifier", None)
    if reset is not None:
        reset(classes)
        return
    name, last = next(
        (name, module)
        for name, module in reversed(list(model.named_modules()))
        if isinstance(module, nn.Linear | nn.Conv2d)
    )
    head: nn.Module
    if isinstance(last, nn.Conv2d):
        head = nn.Conv2d(last.in_channels, classes, kernel_size=1)
    else:
        head = nn.Linear(last.in_features, classes)
    parent, _, attribute = name.rpartition(".")
    setattr(model.get_submodule(parent), attribute, head)


def set_image_size(model: nn.Module, size: int) -> None:
    """Prepare the network for images of `size` pixels.

    Position embeddings of timm's transformers are interpolated if the size is not theirs;
    networks tied to one size and without that raise UserError.
    """
    config = getattr(model, "pretrained_cfg", None)
    if config is None:
        own = getattr(model, "image_size", size)
    else:
        own = config["input_size"][-1] if config.get("fixed_input_size") else size
    if own == size:
        return
    set_input_size: Any = getattr(model, "set_input_size", None)
    if set_input_size is None:
        raise UserError(
            f"{type(model).__name__} takes images of {own} px, not {size}: give this model its "
            "`image_size` under `models` of the recipe"
        )
    set_input_size(img_size=(size, size))


def channel_statistics(
    row: Mapping[str, Any], normalisation: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, in [0, 1].

    `imagenet` gives ImageNet's to every network (the paper, Appendix D); `model` those that the
    checkpoint was trained with (0.5 for some of timm's, CLIP's own for CLIP).
    """
    if normalisation == "model" and row["library"] == "timm":
        import timm

        config = timm.get_pretrained_cfg(timm_name(row))
        if config is not None:
            return tuple(config.mean), tuple(config.std)
    return IMAGENET_MEAN, IMAGENET_STD
