"""Optimisers and schedules compared with PyTorch's, step by step on a toy problem."""

import math
from dataclasses import replace

import pytest
import torch
from training_settings import settings_with

from transfer.training.optim import learning_rate_at, make_optimizer, make_schedule


def trajectory(optimizer, parameter, schedule, epochs=30, steps=3):
    """Parameter after every step of a quadratic with a fixed, uneven curvature."""
    curvature = torch.tensor([1.0, 0.3, 2.0])
    path, rates = [], []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        for _ in range(steps):
            optimizer.zero_grad()
            (curvature * parameter**2).sum().backward()
            optimizer.step()
            path.append(parameter.detach().clone())
        schedule.step()
    return torch.stack(path), rates


def start():
    return torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))


TORCH = {
    "adamw": lambda p, lr, wd: torch.optim.AdamW(p, lr=lr, weight_decay=wd),
    "sgd": lambda p, lr, wd: torch.optim.SGD(
        p, lr=lr, momentum=0.9, nesterov=True, weight_decay=wd
    ),
}


@pytest.mark.parametrize("schedule", ["cosine", "step"])
@pytest.mark.parametrize(
    ("name", "rule", "handed_over"),
    [("adamw", "divided_by_lr", 0.1), ("adamw", "as_given", 1e-3), ("sgd", "divided_by_lr", 1e-3)],
)
def test_every_step_equals_torch(name, rule, handed_over, schedule):
    settings = settings_with(
        epochs=30, step_milestones=(15, 20, 25), step_factor=0.1, adamw_weight_decay=rule,
        optimizer=name, schedule=schedule, learning_rate=1e-2, weight_decay=1e-3,
    )  # fmt: skip
    ours, theirs = start(), start()
    optimizer = make_optimizer([ours], settings)
    reference = TORCH[name]([theirs], 1e-2, handed_over)
    if schedule == "cosine":
        expected = torch.optim.lr_scheduler.CosineAnnealingLR(reference, T_max=30)
    else:
        expected = torch.optim.lr_scheduler.MultiStepLR(reference, [15, 20, 25], gamma=0.1)
    path, rates = trajectory(optimizer, ours, make_schedule(optimizer, settings))
    expected_path, expected_rates = trajectory(reference, theirs, expected)
    assert torch.equal(path, expected_path)
    assert rates == expected_rates


def rates_of(schedule, epochs, milestones=(5,)):
    settings = settings_with(
        epochs=epochs, step_milestones=milestones, schedule=schedule, learning_rate=1.0
    )
    parameter = start()
    optimizer = make_optimizer([parameter], settings)
    return trajectory(optimizer, parameter, make_schedule(optimizer, settings), epochs)[1]


def test_steps_fall_exactly_after_the_milestones():
    rates = rates_of("step", 30, (15, 20, 25))
    assert rates[:15] == [1.0] * 15
    assert rates[15:20] == pytest.approx([0.1] * 5)
    assert rates[20:25] == pytest.approx([0.01] * 5)
    assert rates[25:] == pytest.approx([0.001] * 5)
    assert rates_of("step", 10)[4:6] == pytest.approx([1.0, 0.1])


@pytest.mark.parametrize("epochs", [10, 30])
def test_the_cosine_spans_all_epochs_once(epochs):
    expected = [(1 + math.cos(math.pi * epoch / epochs)) / 2 for epoch in range(epochs)]
    assert rates_of("cosine", epochs) == pytest.approx(expected, abs=1e-12)


def rates_by_step(**changes):
    settings = settings_with(epochs=0, learning_rate=0.5, **changes)
    return [learning_rate_at(step, settings) for step in range(settings.steps)]


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0), (10, 0), (10, 1), (200, 20), (20, 19)])
def test_warm_up_and_cosine_at_every_step(steps, warmup):
    """k / warmup for the k-th of the first steps, (1 + cos(pi j / n)) / 2 for j of the n after."""
    rising = [0.5 * k / warmup for k in range(1, warmup + 1)]
    left = steps - warmup
    falling = [0.25 * (1 + math.cos(math.pi * j / left)) for j in range(left)]
    rates = rates_by_step(steps=steps, warmup_steps=warmup)
    assert rates == pytest.approx(rising + falling, rel=1e-15)
    # No step is lost, and none is above the initial learning rate.
    assert min(rates) > 0 and max(rates) == 0.5
    assert all(a >= b for a, b in zip(rates[warmup:], rates[warmup + 1 :], strict=False))


def test_a_cosine_by_step_is_that_of_torch():
    parameter = start()
    optimizer = torch.optim.SGD([parameter], lr=0.5)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
    expected = trajectory(optimizer, parameter, reference, epochs=30, steps=1)[1]
    assert rates_by_step(steps=30) == pytest.approx(expected, abs=1e-15)


def test_milestones_are_steps_where_the_recipe_counts_steps():
    rates = rates_by_step(steps=9, warmup_steps=2, schedule="step", step_milestones=(4, 7))
    assert rates == pytest.approx([0.25, 0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005])


def test_the_weight_decay_of_sgd_is_divided_where_asked():
    """Kornblith et al. 2019: weight decays are those of the grid, divided by the learning rate."""
    settings = settings_with(learning_rate=0.01, weight_decay=1e-4)
    divided = replace(settings, sgd_weight_decay="divided_by_lr")
    for one, decay in ((settings, 1e-4), (divided, 1e-2)):
        assert make_optimizer([start()], one).defaults["weight_decay"] == pytest.approx(decay)
