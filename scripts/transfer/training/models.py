"""Build the networks of the model table with their libraries."""

from typing import Any

from torch import nn

from transfer.errors import UserError
from transfer.study.model import Model
from transfer.study.sources import PREFIX

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# torchvision's two networks with auxiliary heads, which serve pre-training only.
_WITHOUT_AUXILIARY = {"googlenet", "inception_v3"}


def timm_name(row: Model) -> str:
    """timm's full name, `architecture.tag`; a bare name would refer to a changing default."""
    architecture, weights = row.architecture, row.weights
    if weights == "file" or weights.startswith(PREFIX):
        return architecture
    return weights if weights.startswith(f"{architecture}.") else f"{architecture}.{weights}"


def create(row: Model, classes: int | None = None) -> nn.Module:
    """Build a network of the model table with random weights.

    The head is the one of the pre-training, or for a timm network with `classes` one for so many
    classes, initialised as timm does. Auxiliary heads are off. Raises UserError if the library does
    not know the architecture.
    """
    if row.library == "torchvision":
        from torchvision.models import get_model

        options: dict[str, Any] = {}
        if row.architecture in _WITHOUT_AUXILIARY:
            options = {"aux_logits": False, "init_weights": True}
        try:
            return get_model(row.architecture, weights=None, **options)
        except ValueError as error:
            raise UserError(f"config/models.tsv: {row.id}: torchvision: {error}") from None
    if row.library == "timm":
        import timm

        name = timm_name(row)
        options = {} if classes is None else {"num_classes": classes}
        try:
            return timm.create_model(name, pretrained=False, **options)
        except RuntimeError as error:
            raise UserError(f"config/models.tsv: {row.id}: timm: {name}: {error}") from None
    raise UserError(f"unknown library '{row.library}' (known: torchvision, timm)")


def set_image_size(model: nn.Module, size: int, own: int | None = None) -> None:
    """Prepare the network for images of `size` pixels.

    Position embeddings of timm's transformers are interpolated if the size is not theirs, which
    is `own` where it was set before; networks tied to one size and without that raise UserError.
    """
    config = getattr(model, "pretrained_cfg", None)
    if config is None:
        tied = getattr(model, "image_size", None)
    else:
        tied = config["input_size"][-1] if config.get("fixed_input_size") else None
    own = own or tied
    if tied is None or size == own:
        return
    set_input_size: Any = getattr(model, "set_input_size", None)
    if set_input_size is None:
        raise UserError(
            f"{type(model).__name__} takes images of {own} px, not {size}: give this model its "
            "`image_size` under `models` of the recipe"
        )
    set_input_size(img_size=(size, size))


def channel_statistics(
    row: Model, normalisation: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, in [0, 1].

    `imagenet` gives ImageNet's to every network (the paper, Appendix D); `model` those that the
    checkpoint was trained with (0.5 for some of timm's, CLIP's own for CLIP).
    """
    if normalisation == "model" and row.library == "timm":
        import timm

        config = timm.get_pretrained_cfg(timm_name(row))
        if config is not None:
            return tuple(config.mean), tuple(config.std)
    return IMAGENET_MEAN, IMAGENET_STD
