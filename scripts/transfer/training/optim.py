"""Optimisers and learning-rate schedules.

Those by epoch are fang2023's (Appendices C.2 and D); kornblith2019 and ngiam2018 train for a number
of steps, with Nesterov momentum and a cosine, after a linear warm-up in the latter.
"""

import math
from collections.abc import Iterable

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR

from transfer.study.settings import Settings

MOMENTUM = 0.9


def make_optimizer(parameters: Iterable[nn.Parameter], settings: Settings) -> optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9.

    `adamw_weight_decay` and `sgd_weight_decay` are `as_given` or `divided_by_lr`: fang2023's code
    hands AdamW the grid's weight decay divided by the initial learning rate, which undoes the
    learning rate that AdamW multiplies it with; kornblith2019 divides that of SGD (Section 3).
    """
    parameters = list(parameters)
    rate, weight_decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "sgd":
        if settings.sgd_weight_decay == "divided_by_lr":
            weight_decay = weight_decay / rate
        return optim.SGD(
            parameters, lr=rate, momentum=MOMENTUM, nesterov=True, weight_decay=weight_decay
        )
    if settings.adamw_weight_decay == "divided_by_lr":
        weight_decay = weight_decay / rate
    return optim.AdamW(parameters, lr=rate, weight_decay=weight_decay)


def make_schedule(optimizer: optim.Optimizer, settings: Settings) -> LRScheduler:
    """The schedule of a run that counts epochs, to be stepped once after each; no warm-up.

    `cosine` falls to zero over all epochs; `step` multiplies by `step_factor` after each of
    `step_milestones` epochs.
    """
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=settings.epochs)
    return MultiStepLR(optimizer, list(settings.step_milestones), gamma=settings.step_factor)


def learning_rate_at(step: int, settings: Settings) -> float:
    """The learning rate of a step, counted from 0, in a run that counts steps.

    It rises linearly in `warmup_steps`, of which the last has the initial learning rate in full.
    Then `cosine` falls to zero over the steps that are left, as if one followed the last; `step`
    multiplies by `step_factor` after each of `step_milestones` steps, warm-up counted.
    """
    warmup = settings.warmup_steps
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "cosine":
        share = (step - warmup) / (settings.steps - warmup)
        return settings.learning_rate * (1 + math.cos(math.pi * share)) / 2
    passed = sum(step >= milestone for milestone in settings.step_milestones)
    return settings.learning_rate * settings.step_factor**passed


def set_learning_rate(optimizer: optim.Optimizer, rate: float) -> None:
    """Give all parameters this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
