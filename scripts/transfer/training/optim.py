"""Optimisers and learning-rate schedules.

Those by epoch are fang2023's (Appendices C.2 and D); kornblith2019 and ngiam2018 train for a number
of steps, with Nesterov momentum and a cosine, after a linear warm-up in the latter.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR

from transfer.study.settings import Settings

MOMENTUM = 0.9


def make_optimizer(parameters: Iterable[nn.Parameter], settings: Settings) -> optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9, for parameters that share their settings."""
    return make_optimizer_of_groups([(parameters, settings)])


def make_optimizer_of_groups(
    groups: Sequence[tuple[Iterable[nn.Parameter], Settings]],
) -> optim.Optimizer:
    """One optimiser of parameters in groups, each with its own learning rate and weight decay.

    The optimiser is that of the first group's settings. `adamw_weight_decay` and `sgd_weight_decay`
    are `as_given` or `divided_by_lr`: fang2023's code hands AdamW the grid's weight decay divided
    by the initial learning rate, which undoes the learning rate that AdamW multiplies it with;
    kornblith2019 divides that of SGD (Section 3).
    """
    sgd = groups[0][1].optimizer == "sgd"
    made: list[dict[str, Any]] = []
    for parameters, settings in groups:
        rate, weight_decay = settings.learning_rate, settings.weight_decay
        how = settings.sgd_weight_decay if sgd else settings.adamw_weight_decay
        if how == "divided_by_lr":
            weight_decay = weight_decay / rate
        made.append({"params": list(parameters), "lr": rate, "weight_decay": weight_decay})
    # As the optimiser's own too, which it shows.
    own = {key: made[0][key] for key in ("lr", "weight_decay")}
    if sgd:
        return optim.SGD(made, momentum=MOMENTUM, nesterov=True, **own)
    return optim.AdamW(made, **own)


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
