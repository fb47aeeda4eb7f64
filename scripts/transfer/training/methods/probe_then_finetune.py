"""LP-FT (Kumar et al. 2022; fang2023, Section 5.2): a linear probe, then end-to-end fine-tuning.

Appendix J: a part of the epochs goes to linear probes of several learning rates and weight decays,
and fine-tuning starts from the best of them. As the body is frozen, the probes are trained side by
side, at the cost of one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import nn

from transfer.study.hyperparameters import Hyperparameters, expand_grid
from transfer.study.settings import ProbeThenFinetuneSettings
from transfer.training.checkpoint import CheckpointFile
from transfer.training.evaluation import check_splits
from transfer.training.heads import last_layer
from transfer.training.interruption import Interruption
from transfer.training.methods.finetune import FineTuning, Outcome, within_memory
from transfer.training.methods.linear_probe import LinearProbe
from transfer.training.report import Report, unreported
from transfer.training.task import Task

PROBE, FINETUNE = "probe", "finetune"
AXES = {"learning_rate": "_lr", "weight_decay": "_wd"}


class PartCheckpoint:
    """The checkpoint of one part of a run; beside its state it has what `earlier` parts left."""

    def __init__(self, whole: CheckpointFile, part: str, earlier: dict[str, Any] | None) -> None:
        """`whole` is the run's."""
        self.whole, self.part, self.earlier = whole, part, earlier

    def due(self) -> bool:
        """As CheckpointFile's."""
        return self.whole.due()

    def write(self, state: dict[str, Any]) -> None:
        """Write the state of this part."""
        self.whole.write({"part": self.part, "earlier": self.earlier, "state": state})

    def read(self) -> dict[str, Any] | None:
        """The state to resume this part from; None if the run has not come to it, or is past it."""
        content = self.whole.read()
        return content["state"] if content and content["part"] == self.part else None


def probe_points(settings: ProbeThenFinetuneSettings) -> tuple[Hyperparameters, ...]:
    """The points of the probe, in the order of a grid, with ids such as `lr1e-1_wd0`."""
    rates, decays = settings.probe_learning_rates, settings.probe_weight_decays
    return expand_grid(AXES, [{"learning_rate": rates, "weight_decay": decays}])


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
) -> Outcome:
    """Probe, then fine-tune all of the network from the best probe, each with its own schedule.

    The history has the epochs of both. The best epoch is one of fine-tuning; where all probes
    diverge, the run has none. Raises Interrupted and UserError as `finetune.train` does.
    """
    check_splits(task)
    settings = task.settings
    assert isinstance(settings, ProbeThenFinetuneSettings)

    def probe(task: Task, micro_batch: int) -> tuple[Outcome, dict[str, Any]]:
        part = LinearProbe(
            task, build(), PartCheckpoint(checkpoint, PROBE, None), interruption, micro_batch,
            report, end=settings.probe_epochs, points=probe_points(settings),
        )  # fmt: skip
        outcome = part.train()
        left = {
            "head": part.head,
            "history": part.history,
            "generator": part.generator.get_state(),
        }
        return outcome, left

    def finetune(task: Task, micro_batch: int) -> Outcome:
        model = build()
        model.get_submodule(last_layer(model)).load_state_dict(earlier["head"])
        return FineTuning(
            task, model, PartCheckpoint(checkpoint, FINETUNE, earlier), interruption, micro_batch,
            report, settings.keep_weights,
            history=earlier["history"], generator=earlier["generator"],
        ).train()  # fmt: skip

    content = checkpoint.read()
    if content and content["part"] == FINETUNE:
        earlier = content["earlier"]
    else:
        outcome, earlier = within_memory(task, probe)
        if outcome.status == "diverged":
            return replace(outcome, best=type(outcome.best)())
    return within_memory(task, finetune)
