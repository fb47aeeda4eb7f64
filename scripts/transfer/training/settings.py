"""What a recipe comes to for one dataset and one model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """A recipe as it stands for one dataset and one model.

    Each field is described in `workflow/schemas/recipes.schema.yaml`.
    """

    weights: str
    epochs: int
    batch_size: int
    drop_last: bool
    image_size: int
    crop_scale: tuple[float, float]
    crop_ratio: tuple[float, float]
    horizontal_flip: bool
    vertical_flip: bool
    channel_order: str
    normalisation: str
    multilabel_loss: str
    thresholds: str
    adamw_weight_decay: str
    step_milestones: tuple[int, ...]
    step_factor: float
    selection_split: str
    report_split: str
    precision: str
    seed: int
