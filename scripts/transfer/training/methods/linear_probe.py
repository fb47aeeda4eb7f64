"""Linear probe: the last layer alone is trained, on features of a network that stays as it is."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from transfer.errors import UserError
from transfer.study.hyperparameters import Hyperparameters
from transfer.study.settings import NO_SPLIT
from transfer.training.checkpoint import CheckpointFile
from transfer.training.evaluation import Best, Verdict, all_scores, check_splits, judge
from transfer.training.heads import multiply_head
from transfer.training.interruption import Interruption
from transfer.training.methods.finetune import FineTuning, Outcome, within_memory
from transfer.training.optim import make_optimizer_of_groups
from transfer.training.report import Report, unreported
from transfer.training.task import Task


class LinearProbe(FineTuning):
    """Last layers trained side by side on the same features, one for each of `points`.

    They start equal and see the same images; each has the learning rate and the weight decay of
    its point. The body is in evaluation mode: neither dropout nor statistics of a batch. An epoch's
    verdict is that of the layer with the best metric on the selection split, the first of equals; a
    layer whose scores cease to be finite no longer competes. `head` is the state of the best layer
    at the best epoch so far, on the CPU.
    """

    def __init__(
        self, task: Task, model: nn.Module, *arguments: Any, points: Sequence[Hyperparameters],
        **options: Any,
    ) -> None:  # fmt: skip
        """`arguments` and `options` are FineTuning's."""
        if len(points) > 1 and task.settings.selection_split == NO_SPLIT:
            raise UserError(
                "no split is left to choose the linear probe by: the run is trained on it. Train "
                "its final runs on train alone"
            )
        self.points, self.chosen = points, 0
        self.head: dict[str, torch.Tensor] = {}
        model.requires_grad_(False)
        self.heads = multiply_head(model, len(points)).requires_grad_(True)
        super().__init__(task, model, *arguments, **options)

    def _optimizer(self) -> torch.optim.Optimizer:
        settings = [self.task.settings.at(point.values) for point in self.points]
        parameters = [layer.parameters() for layer in self.heads]
        return make_optimizer_of_groups(list(zip(parameters, settings, strict=True)))

    def _no_loss(self) -> torch.Tensor:
        return torch.zeros(len(self.points), device=self.task.device)

    def _to_training_mode(self) -> None:
        self.model.eval()

    def _losses(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        each = logits.unflatten(1, (len(self.points), -1)).unbind(1)
        return torch.stack([self.loss(one, target) for one in each])

    def _mean_loss(self) -> float:
        """The smallest mean loss of a layer; not finite if that of none is."""
        losses = self.loss_sum.nan_to_num(float("inf"), float("inf"), float("inf"))
        return losses.min().item() / self._images()

    def _verdict(self) -> Verdict | None:
        scores = all_scores(self.task, self.model, self.micro_batch, self._stop_if_asked)
        metric = self.task.dataset.metric
        best, found = Best(), None
        for k in range(len(self.points)):
            own = {
                split: both.unflatten(1, (len(self.points), -1))[:, k].contiguous()
                for split, both in scores.items()
            }
            verdict = judge(self.task, own)
            if verdict is None:
                continue
            better = verdict.better(best, 1, metric)
            if better is not best:
                best, found, self.chosen = better, verdict, k
        return found

    def _of_entry(self) -> dict[str, Any]:
        entry = {"learning_rate": self.optimizer.param_groups[self.chosen]["lr"]}
        point = self.points[self.chosen].id
        return entry | ({"probe": point} if point else {})

    def _keep(self, best: Best) -> None:
        if best is not self.best:
            layer = self.heads[self.chosen].state_dict()
            self.head = {name: tensor.cpu().clone() for name, tensor in layer.items()}
        super()._keep(best)

    def _state(self) -> dict[str, Any]:
        return super()._state() | {"head": self.head}

    def _resume(self, state: dict[str, Any]) -> None:
        super()._resume(state)
        self.head = state["head"]


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
) -> Outcome:
    """Train the last layer of a network, as `finetune.train` trains all of it.

    Raises Interrupted and UserError as that does.
    """
    check_splits(task)
    settings = task.settings
    point = {key: getattr(settings, key) for key in ("learning_rate", "weight_decay")}

    def run(task: Task, micro_batch: int) -> Outcome:
        return LinearProbe(
            task, build(), checkpoint, interruption, micro_batch, report, settings.keep_weights,
            points=[Hyperparameters("", point)],
        ).train()  # fmt: skip

    return within_memory(task, run)
