"""Optimisers and learning-rate schedules of the paper (Appendices C.2 and D)."""

from collections.abc import Iterable

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR

from transfer.study.settings import Settings

MOMENTUM = 0.9


def make_optimizer(parameters: Iterable[nn.Parameter], settings: Settings) -> optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9.

    `adamw_weight_decay` is `as_given` or `divided_by_lr`: the authors' code hands AdamW the
    grid's weight decay divided by the initial learning rate, which undoes the learning rate
    that AdamW multiplies it with.
    """
    parameters = list(parameters)
    rate, weight_decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "sgd":
        return optim.SGD(
            parameters, lr=rate, momentum=MOMENTUM, nesterov=True, weight_decay=weight_decay
        )
    if settings.adamw_weight_decay == "divided_by_lr":
        weight_decay = weight_decay / rate
    return optim.AdamW(parameters, lr=rate, weight_decay=weight_decay)


def make_schedule(optimizer: optim.Optimizer, settings: Settings) -> LRScheduler:
    """The schedule, to be stepped once after each epoch; no warm-up.

    `cosine` falls to zero over all epochs; `step` multiplies by `step_factor` after each of
    `step_milestones` epochs.
    """
    if settings.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=settings.epochs)
    return MultiStepLR(optimizer, list(settings.step_milestones), gamma=settings.step_factor)
