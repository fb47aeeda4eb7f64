"""One training run, from data, weights and settings to its outcome."""

import torch

from transfer.training import heads, models
from transfer.training.batches import fits_on
from transfer.training.checkpoint import CheckpointFile
from transfer.training.device import PRECISIONS
from transfer.training.interruption import Interruption
from transfer.training.methods import METHODS
from transfer.training.methods.finetune import Outcome
from transfer.training.parts import Parts
from transfer.training.report import Report, unreported
from transfer.training.task import Task
from transfer.training.weights import read_weights
from transfer.training.weights_record import trained_size


def compute(
    parts: Parts,
    device: torch.device,
    precision: str,
    resident: str,
    runs_per_gpu: int,
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
) -> tuple[Task, Outcome]:
    """Train a run to its end, by the method of its recipe.

    `precision` is float32 or bfloat16; `resident` (auto, yes, no) says whether training images
    stay on the device, which changes no number. Raises Interrupted and UserError as the method's
    `train` does.
    """
    dataset, settings = parts.dataset, parts.settings.at(parts.hp.values)
    mean, std = models.channel_statistics(parts.row, settings.normalisation)
    stay = resident == "yes" or (
        resident == "auto"
        and fits_on(device, dataset, dataset.rows(*settings.train_splits), runs_per_gpu)
    )
    task = Task(dataset, settings, mean, std, device, PRECISIONS[precision], stay)

    def build() -> torch.nn.Module:
        torch.manual_seed(settings.seed)
        several = dataset.labels.ndim == 2
        state = read_weights(parts.weights) if parts.weights else None
        size = trained_size(parts.weights) if parts.weights else None
        model = heads.build(
            parts.row, len(dataset.classes), settings, several, state, str(parts.weights), size
        )
        models.set_image_size(model, settings.image_size, size)
        return model

    return task, METHODS[settings.method](task, build, checkpoint, interruption, report)
