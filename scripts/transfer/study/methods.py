"""Methods of training. Does not import torch; the code is in `transfer/training/methods/`."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from transfer.study.settings import PretrainSettings, ProbeThenFinetuneSettings, Settings


@dataclass(frozen=True)
class Method:
    """The settings of a method's recipes.

    `settings` defines the fields that a recipe may set. `axes` are the fields that its grid may
    vary, in the order of ids, each with the prefix of its value in ids. `leaves_weights` says
    whether the trained weights are kept for other runs to start from.
    """

    settings: type[Settings]
    axes: Mapping[str, str]
    leaves_weights: bool = False

    @property
    def stated(self) -> dict[str, "Field[Any]"]:
        """The fields that a recipe may set, by name."""
        return {field.name: field for field in fields(self.settings) if field.init}

    @property
    def required(self) -> set[str]:
        """The fields that a recipe must set, including axes that are not in its grid."""
        return {name for name, field in self.stated.items() if field.default is MISSING}


# Ids such as adamw-cosine_lr1e-3_wd1e-4; lr1e-3_wd1e-4 if the pair is not an axis.
OF_OPTIMISERS = {"optimizer": "", "schedule": "-", "learning_rate": "_lr", "weight_decay": "_wd"}

METHODS = {
    "finetune": Method(Settings, OF_OPTIMISERS),
    "linear_probe": Method(Settings, OF_OPTIMISERS),
    "probe_then_finetune": Method(ProbeThenFinetuneSettings, OF_OPTIMISERS),
    "pretrain": Method(PretrainSettings, OF_OPTIMISERS, leaves_weights=True),
}
