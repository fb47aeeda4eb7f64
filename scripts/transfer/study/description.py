"""What the runs of a cell are given, beside paths. Imports no torch."""

from transfer.data.dataset import Dataset
from transfer.study.model import Model
from transfer.study.recipe import Recipe, settings_digest


def shared_arguments(dataset: Dataset, model: Model, recipe: Recipe) -> list[str]:
    """Arguments of train.py that all runs of a cell share.

    The digest is of this cell's own settings alone, so that no other cell's change re-runs it.
    """
    settings = recipe.settings(dataset.id, model)
    return [
        f"--short-side={dataset.store_for(settings.image_size)}",
        f"--model={model.id}",
        f"--recipe={recipe.name}",
        f"--expect-settings={settings_digest(settings, model)}",
    ]
