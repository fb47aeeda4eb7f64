"""Optimisers and learning-rate schedules of the paper (Appendices C.2 and D)."""

from collections.abc import Iterable

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR

from transfer.study.hyperparameters import Hyperparameters
from transfer.study.settings import Settings

MOMENTUM = 0.9


def make_optimizer(
    parameters: Iterable[nn.Parameter], hp: Hyperparameters, adamw_weight_decay: str
) -> optim.Optimizer:
    """AdamW, or SGD with Nesterov momentum 0.9.

    `adamw_weight_decay` is `as_given` or `divided_by_lr`: the authors' code hands AdamW the
    grid's weight decay divided by the initial learning rate, which undoes the learning rate
    that AdamW multiplies it with.
    """
    parameters = list(parameters)
    if hp.optimizer == "sgd":
        return optim.SGD(
            parameters,
            lr=hp.learning_rate,
            momentum=MOMENTUM,
            nesterov=True,
            weight_decay=hp.weight_decay,
        )
    divided = adamw_weight_decay == "divided_by_lr"
    weight_decay = hp.weight_decay / hp.learning_rate if divided else hp.weight_decay
    return optim.AdamW(parameters, lr=hp.learning_rate, weight_decay=weight_decay)


def make_schedule(optimizer: optim.Optimizer, schedule: str, settings: Settings) -> LRScheduler:
    """The schedule, to be stepped once after each epoch; no warm-up.

    `cosine` falls to zero over all epochs; `step` multiplies by `step_factor` after each of
    `step_milestones` epochs.
    """
    if schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=settings.epochs)
    return MultiStepLR(optimizer, list(settings.step_milestones), gamma=settings.step_factor)
