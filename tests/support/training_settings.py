"""Settings of a recipe for tests, with overrides by name."""

from transfer.study.settings import Settings


def settings_with(**changes) -> Settings:
    values = {
        "weights": "random",
        "epochs": 4,
        "batch_size": 8,
        "drop_last": False,
        "image_size": 32,
        "crop_scale": (0.65, 1.0),
        "crop_ratio": (3 / 4, 4 / 3),
        "horizontal_flip": True,
        "vertical_flip": False,
        "channel_order": "rgb",
        "normalisation": "imagenet",
        "head": "library",
        "squeezenet_head": "linear_if_multilabel",
        "multilabel_loss": "binary_cross_entropy",
        "thresholds": "searched",
        "adamw_weight_decay": "divided_by_lr",
        "step_milestones": (2, 3),
        "step_factor": 0.1,
        "selection_split": "val",
        "report_split": "test",
        "precision": "float32",
        "seed": 0,
        "optimizer": "sgd",
        "schedule": "cosine",
        "learning_rate": 0.01,
        "weight_decay": 0.0,
    }
    return Settings(**(values | changes))
