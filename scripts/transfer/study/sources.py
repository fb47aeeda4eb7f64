"""Weights from another run: the cell whose best run provides the weights.

Does not import torch.
"""

from dataclasses import dataclass

from transfer.study.model import Model
from transfer.study.settings import Settings

PREFIX = "run:"


@dataclass(frozen=True)
class Source:
    """A cell whose best run leaves weights; as text `run:<dataset>/<model>/<recipe>`."""

    dataset: str
    model: str
    recipe: str

    def __str__(self) -> str:
        """The notation of settings and of the model table."""
        return f"{PREFIX}{self.dataset}/{self.model}/{self.recipe}"


def parse_source(text: str) -> Source | None:
    """The cell that `run:<dataset>/<model>/<recipe>` names; None for other weights."""
    parts = text.removeprefix(PREFIX).split("/")
    return Source(*parts) if text.startswith(PREFIX) and len(parts) == 3 else None


def source_of(settings: Settings, model: Model) -> Source | None:
    """The source of the weights of runs, if it is another run.

    Either the settings name the source, or they ask for the pinned weights of a model whose row
    names it.
    """
    return parse_source(model.weights if settings.weights == "pinned" else settings.weights)


def fetched(settings: Settings, model: Model) -> bool:
    """Whether runs start from weights downloaded by the rule fetch_weights."""
    return settings.weights == "pinned" and source_of(settings, model) is None
