"""The settings of a recipe for one dataset and one model."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any

from transfer.study.augmentation import Augmentation, kind_of

# No selection split: the last epoch is reported.
NO_SPLIT = "none"


def evaluations(epochs: int, steps: int, evaluate_every: int) -> int:
    """How often a run of `epochs`, or else of `steps`, is evaluated."""
    return epochs or -(-steps // (evaluate_every or steps))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a recipe for one dataset and one model.

    Each field is described in `workflow/schemas/recipes.schema.yaml`, except `train_splits`,
    the splits that a final run is trained on. A field that is added later gets a default that
    reproduces the behaviour of earlier runs.
    """

    method: str = "finetune"
    weights: str
    batch_size: int
    drop_last: bool
    image_size: int
    crop_scale: tuple[float, float]
    crop_ratio: tuple[float, float]
    horizontal_flip: bool
    vertical_flip: bool
    channel_order: str
    normalisation: str
    head: str
    squeezenet_head: str
    multilabel_loss: str
    thresholds: str
    adamw_weight_decay: str
    step_factor: float
    selection_split: str
    report_split: str
    precision: str
    seed: int
    # Axes of the grid, or settings where the grid does not vary them.
    optimizer: str = ""
    schedule: str = ""
    learning_rate: float = 0.0
    weight_decay: float = 0.0
    keep_weights: bool = False
    train_splits: tuple[str, ...] = ("train",)
    # A recipe sets either epochs or steps.
    epochs: int = 0
    steps: int = 0
    evaluate_every: int = 0
    warmup_steps: int = 0
    step_milestones: tuple[int, ...] = ()
    sgd_weight_decay: str = "as_given"
    augmentation: Augmentation | None = None
    head_on: str = "features"

    @property
    def evaluations(self) -> int:
        """How often a run is evaluated: after each epoch, or every so many steps and at its end."""
        return evaluations(self.epochs, self.steps, self.evaluate_every)

    @property
    def functions(self) -> tuple[str, str]:
        """What a run takes from the tables of methods and of augmentations."""
        return self.method, kind_of(self.augmentation)

    def at(self, point: Mapping[str, Any]) -> "Settings":
        """The settings of one run: these, with the values of a point of the grid, by axis."""
        return replace(self, **point)

    def content(self) -> dict[str, Any]:
        """The settings of a run by name; fields equal to their default are left out.

        A field added later therefore does not change existing runs. An augmentation has all its
        options.
        """
        content = {
            field.name: value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default or field.default is MISSING
        }
        if self.augmentation:
            content["augmentation"] = asdict(self.augmentation)
        return content


@dataclass(frozen=True, kw_only=True)
class PretrainSettings(Settings):
    """Settings of a pre-training, which starts from random weights."""

    weights: str = field(default="random", init=False)


@dataclass(frozen=True, kw_only=True)
class ProbeThenFinetuneSettings(Settings):
    """Settings of a linear probe and the fine-tuning from the best of it.

    `probe_epochs` of the `epochs` are the probe's, in which every pair of `probe_learning_rates`
    and `probe_weight_decays` is tried.
    """

    probe_epochs: int
    probe_learning_rates: tuple[float, ...]
    probe_weight_decays: tuple[float, ...]
