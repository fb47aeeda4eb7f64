"""RandAugment and AugMix as drawn and applied, against torchvision's transforms."""

import numpy as np
import pytest
import torch
from scenes import picture
from scipy import stats
from test_augmentation_operations import theirs
from torchvision.transforms import autoaugment

from transfer.study.augmentation import AugMix, RandAugment
from transfer.training.operations import IDENTITY, NAMES, Chain
from transfer.training.policies import (
    FURTHER,
    SIGNED,
    augmented,
    augmix,
    draw_augmix,
    draw_randaugment,
    randaugment,
)

SIZE = 64


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.stack(
        [torch.from_numpy(picture(SIZE, SIZE, seed)).permute(2, 0, 1) for seed in range(12)]
    )


def in_turn(image: torch.Tensor, chain: Chain, i: int, interpolation: str) -> torch.Tensor:
    """An image after the operations that were drawn for it, by torchvision's functional."""
    for number, magnitude in zip(chain.operations[:, i], chain.magnitudes[:, i], strict=True):
        if number != IDENTITY:
            image = theirs(NAMES[number], image, magnitude.item(), interpolation, 0)
    return image


def apart(ours: torch.Tensor, expected: torch.Tensor) -> float:
    """Share of the values that differ; one operation may enlarge a difference of the one before."""
    return (ours != expected).float().mean().item()


def test_randaugment_is_its_operations_in_turn(images):
    policy = RandAugment(num_ops=3)
    ours = randaugment(images, policy, seeded())
    chain = draw_randaugment(policy, len(images), SIZE, seeded())
    assert chain.operations.shape == (3, len(images))
    for i, image in enumerate(images):
        assert apart(ours[i], in_turn(image, chain, i, "nearest")) < 0.01
    assert apart(ours, images) > 0.5


def test_augmix_is_the_mixture_of_its_chains(images):
    policy = AugMix()
    ours = augmix(images, policy, seeded(1))
    n = len(images)
    chain, weights = draw_augmix(policy, n, SIZE, seeded(1))
    for i, image in enumerate(images):
        mixed = weights[0, i] * image
        for copy in range(3):
            mixed = mixed + weights[1 + copy, i] * in_turn(image, chain, copy * n + i, "bilinear")
        # The last digits of a sum of four products may decide what is cut off.
        assert (ours[i].int() - mixed.to(torch.uint8).int()).abs().max() <= 2
        assert apart(ours[i], mixed.to(torch.uint8)) < 0.05
    assert apart(ours, images) > 0.5


def drawn(chain: Chain) -> dict[str, set[float]]:
    """The magnitudes drawn of each operation; `Identity` for none."""
    found: dict[str, set[float]] = {}
    pairs = zip(chain.operations.flatten(), chain.magnitudes.flatten(), strict=True)
    for number, magnitude in pairs:
        name = NAMES[number] if number != IDENTITY else "Identity"
        found.setdefault(name, set()).add(round(magnitude.item(), 4))
    found.pop("Identity", None)
    return found


def both_signs(name: str, values: list[float]) -> set[float]:
    values = [round(float(value), 4) for value in values]
    return set(values) | ({-value for value in values} if name in SIGNED else set())


def test_randaugment_draws_from_torchvisions_table():
    policy = RandAugment(magnitude=9)
    chain = draw_randaugment(policy, 4000, 224, seeded())
    table = autoaugment.RandAugment()._augmentation_space(31, (224, 224))
    expected = {
        name: both_signs(name, [values[9] if values.ndim else 0.0])
        for name, (values, _) in table.items()
        if name != "Identity"
    }
    assert {name for name, (_, signed) in table.items() if signed} == set(SIGNED)
    found = drawn(chain)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert sorted(found[name]) == pytest.approx(sorted(values), abs=1e-3)
    counts = torch.bincount(chain.operations.flatten() + 1, minlength=14)
    assert len(counts) == 14 and stats.chisquare(counts.numpy()).pvalue > 1e-3


@pytest.mark.parametrize("all_ops", [True, False])
def test_augmix_draws_from_torchvisions_table(all_ops):
    policy = AugMix(all_ops=all_ops)
    chain, _ = draw_augmix(policy, 2000, 224, seeded())
    table = autoaugment.AugMix(all_ops=all_ops)._augmentation_space(10, (224, 224))
    found = drawn(chain)
    assert found.keys() == table.keys() == {n for n in NAMES if all_ops or n not in FURTHER}
    for name, (values, _) in table.items():
        strengths = values[:3] if values.ndim else [0.0]
        assert sorted(found[name]) == pytest.approx(sorted(both_signs(name, strengths)), abs=1e-3)


def test_augmix_weights_and_depths_follow_their_distributions():
    n = 3000
    chain, weights = draw_augmix(AugMix(alpha=0.5), n, SIZE, seeded())
    torch.testing.assert_close(weights.sum(dim=0), torch.ones(n))
    assert stats.kstest(weights[0].numpy(), stats.beta(0.5, 0.5).cdf).pvalue > 1e-3
    share = weights[1] / weights[1:].sum(dim=0).clamp(min=1e-12)
    assert stats.kstest(share.numpy(), stats.beta(0.5, 1.0).cdf).pvalue > 1e-3
    lengths = (chain.operations != IDENTITY).sum(dim=0)
    assert stats.chisquare(torch.bincount(lengths)[1:].numpy()).pvalue > 1e-3
    fixed, _ = draw_augmix(AugMix(chain_depth=5, mixture_width=2), n, SIZE, seeded())
    assert fixed.operations.shape == (5, 2 * n) and (fixed.operations != IDENTITY).all()


@pytest.mark.parametrize("policy", [RandAugment(), AugMix()])
def test_a_policy_draws_from_its_generator_alone(images, policy):
    grey_levels = images.permute(0, 2, 3, 1).float() + 0.3
    generator = seeded(3)
    first = augmented(grey_levels, policy, generator)
    state = generator.get_state()
    second = augmented(grey_levels, policy, generator)
    torch.rand(5), np.random.default_rng().random(5)
    generator.set_state(state)
    assert first.dtype == torch.uint8 and first.shape == grey_levels.shape
    assert torch.equal(augmented(grey_levels, policy, generator), second)
    assert not torch.equal(first, second)


def test_without_a_policy_images_and_generator_are_left_alone(images):
    grey_levels = images.permute(0, 2, 3, 1).float() + 0.3
    generator = seeded(3)
    assert augmented(grey_levels, None, generator) is grey_levels
    assert torch.equal(generator.get_state(), seeded(3).get_state())
