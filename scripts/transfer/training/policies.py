"""RandAugment and AugMix (fang2023, Section 5.1) on a batch, on the training device."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from transfer.study.augmentation import Augmentation, AugMix, RandAugment, kind_of
from transfer.training.batches import to_device
from transfer.training.operations import IDENTITY, NAMES, Chain, Sampling, apply_chain

# Operations whose magnitude has a random sign.
SIGNED = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate",
          "Brightness", "Color", "Contrast", "Sharpness")  # fmt: skip
# What AugMix leaves out unless asked for: they are among its authors' test corruptions.
FURTHER = ("Brightness", "Color", "Contrast", "Sharpness")
AUGMIX_BINS = 10


def _magnitudes(bins: int, size: int, shift: float, bits: int) -> torch.Tensor:
    """Magnitudes of each operation in NAMES by bin, float64 `(operations, bins)`.

    The largest translation is `shift` times `size` in pixels; posterizing starts from `bits`.
    """
    ends = {
        "ShearX": (0.0, 0.3), "ShearY": (0.0, 0.3), "Rotate": (0.0, 30.0),
        "TranslateX": (0.0, shift * size), "TranslateY": (0.0, shift * size),
        "Brightness": (0.0, 0.9), "Color": (0.0, 0.9), "Contrast": (0.0, 0.9),
        "Sharpness": (0.0, 0.9), "Solarize": (255.0, 0.0),
        "AutoContrast": (0.0, 0.0), "Equalize": (0.0, 0.0),
    }  # fmt: skip
    kept = bits - (torch.arange(bins, dtype=torch.float64) / ((bins - 1) / 4)).round()
    return torch.stack(
        [
            kept if name == "Posterize" else torch.linspace(*ends[name], bins, dtype=torch.float64)
            for name in NAMES
        ]
    )


def _signs(operations: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """1 or -1 at random where the operation has a sign, 1 elsewhere; float64."""
    signed = torch.tensor([name in SIGNED for name in NAMES])[operations]
    negative = torch.randint(2, operations.shape, generator=generator).bool()
    return torch.where(signed & negative, -1.0, 1.0).double()


def draw_randaugment(policy: RandAugment, n: int, size: int, generator: torch.Generator) -> Chain:
    """Draw the operations of RandAugment on `n` images of `size` pixels, as torchvision does."""
    bins = policy.num_magnitude_bins
    # Of fourteen operations, the first is none.
    operations = torch.randint(len(NAMES) + 1, (policy.num_ops, n), generator=generator) - 1
    strengths = _magnitudes(bins, size, shift=150 / 331, bits=8)[:, policy.magnitude]
    return Chain(operations, strengths[operations] * _signs(operations, generator))


def randaugment(
    images: torch.Tensor, policy: RandAugment, generator: torch.Generator
) -> torch.Tensor:
    """Apply RandAugment to images, uint8 `(n, 3, size, size)`."""
    chain = draw_randaugment(policy, len(images), images.shape[-1], generator)
    return apply_chain(images, chain, Sampling(policy.interpolation, policy.fill))


def draw_augmix(
    policy: AugMix, n: int, size: int, generator: torch.Generator
) -> tuple[Chain, torch.Tensor]:
    """Draw the chains of AugMix, and the weights of their mixture, as torchvision does.

    The chains are for `mixture_width` copies of the `n` images, copy after copy. The weights,
    float32 `(1 + mixture_width, n)`, are those of the image itself and of each copy.
    """
    width = policy.mixture_width
    depth = policy.chain_depth if policy.chain_depth > 0 else 3
    drawn = [i for i, name in enumerate(NAMES) if policy.all_ops or name not in FURTHER]
    shape = (depth, width * n)
    operations = torch.tensor(drawn)[torch.randint(len(drawn), shape, generator=generator)]
    bins = torch.randint(policy.severity, shape, generator=generator)
    magnitudes = _magnitudes(AUGMIX_BINS, size, shift=1 / 3, bits=4)[operations, bins]
    magnitudes = magnitudes * _signs(operations, generator)
    if policy.chain_depth < 1:
        lengths = torch.randint(1, depth + 1, (width * n,), generator=generator)
        operations[torch.arange(depth)[:, None] >= lengths] = IDENTITY
    # PyTorch has no public Dirichlet distribution that takes a generator.
    seed = int(torch.randint(2**63 - 1, (1,), generator=generator))
    rng = np.random.default_rng(seed)
    itself, mixture = np.hsplit(rng.dirichlet([policy.alpha, policy.alpha], n), 2)
    copies = mixture * rng.dirichlet([policy.alpha] * width, n)
    weights = torch.from_numpy(np.hstack([itself, copies]).T.astype(np.float32))
    return Chain(operations, magnitudes), weights


def augmix(images: torch.Tensor, policy: AugMix, generator: torch.Generator) -> torch.Tensor:
    """Apply AugMix to images, uint8 `(n, 3, size, size)`."""
    n, width = len(images), policy.mixture_width
    chain, weights = draw_augmix(policy, n, images.shape[-1], generator)
    sampling = Sampling(policy.interpolation, policy.fill)
    copies = apply_chain(images.repeat(width, 1, 1, 1), chain, sampling)
    there = to_device(weights, images.device)[..., None, None, None]
    mixed = images * there[0]
    for copy, weight in zip(copies.view(width, *images.shape), there[1:], strict=True):
        mixed += copy * weight
    return mixed.to(torch.uint8)


def plain(images: torch.Tensor, policy: None, generator: torch.Generator) -> torch.Tensor:
    """Leave images as they are."""
    return images


# A run's fingerprint follows its own kind alone.
POLICIES: dict[str, Callable[[torch.Tensor, Any, torch.Generator], torch.Tensor]] = {
    "plain": plain,
    "randaugment": randaugment,
    "augmix": augmix,
}


def augmented(
    grey_levels: torch.Tensor, policy: Augmentation | None, generator: torch.Generator
) -> torch.Tensor:
    """Augment images of unrounded grey levels, `(n, size, size, 3)`, after crop and flip.

    Everything random is drawn from `generator`, on the CPU. Without a policy the images are
    returned as they are; with one, uint8, rounded before the first operation.
    """
    if policy is None:
        return grey_levels
    levels = grey_levels.round().clamp(0, 255).to(torch.uint8)
    # Operations are two to three times faster on planes; networks, on channels last.
    planes = levels.permute(0, 3, 1, 2).contiguous()
    return POLICIES[kind_of(policy)](planes, policy, generator).permute(0, 2, 3, 1).contiguous()
