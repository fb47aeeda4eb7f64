"""Augmentation beyond crops and flips: its kinds and their options. Does not import torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Of a recipe with random crops and flips alone.
PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class RandAugment:
    """RandAugment (Cubuk et al. 2020), with the options and defaults of torchvision 0.28.

    `num_ops` operations in turn on each image, each drawn from fourteen, all of strength
    `magnitude` of `num_magnitude_bins`. `interpolation` is nearest or bilinear; `fill` is the grey
    level, 0 to 255, of what moves into the image.
    """

    kind: str = field(default="randaugment", init=False)
    num_ops: int = 2
    magnitude: int = 9
    num_magnitude_bins: int = 31
    interpolation: str = "nearest"
    fill: int = 0


@dataclass(frozen=True, kw_only=True)
class AugMix:
    """AugMix (Hendrycks et al. 2020), with the options and defaults of torchvision 0.28.

    Mixes each image with `mixture_width` chains of operations on it; the weights follow a Dirichlet
    and a beta distribution of concentration `alpha`. A chain has `chain_depth` operations, or 1 to
    3 at random if it is -1, of strengths up to `severity` of 10. `all_ops` adds brightness, color,
    contrast and sharpness. There is no consistency loss: this is the transformation alone.
    """

    kind: str = field(default="augmix", init=False)
    severity: int = 3
    mixture_width: int = 3
    chain_depth: int = -1
    alpha: float = 1.0
    all_ops: bool = True
    interpolation: str = "bilinear"
    fill: int = 0


Augmentation = RandAugment | AugMix
KINDS: Mapping[str, type[Augmentation]] = {"randaugment": RandAugment, "augmix": AugMix}


def kind_of(augmentation: Augmentation | None) -> str:
    """The kind of an augmentation; `plain` if there is none."""
    return augmentation.kind if augmentation else PLAIN


def read_augmentation(written: Mapping[str, Any]) -> Augmentation:
    """An augmentation as a recipe states it: its `kind`, and options where not the default.

    The schema of recipes has checked it.
    """
    options = {key: value for key, value in written.items() if key != "kind"}
    return KINDS[written["kind"]](**options)
