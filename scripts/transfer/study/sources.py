"""Weights that another run leaves: the cell whose best run a cell's runs start from.

Imports no torch.
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
        """As settings and the model table write it."""
        return f"{PREFIX}{self.dataset}/{self.model}/{self.recipe}"


def parse_source(text: str) -> Source | None:
    """The cell that `run:<dataset>/<model>/<recipe>` names; None for other weights."""
    parts = text.removeprefix(PREFIX).split("/")
    return Source(*parts) if text.startswith(PREFIX) and len(parts) == 3 else None


def source_of(settings: Settings, model: Model) -> Source | None:
    """Where the weights of runs come from, if from another run.

    Settings name the source themselves, or ask for the pinned
    weights of a model whose row names it.
    """
    return parse_source(model.weights if settings.weights == "pinned" else settings.weights)


def fetched(settings: Settings, model: Model) -> bool:
    """Whether runs start from weights that the rule fetch_weights brings."""
    return settings.weights == "pinned" and source_of(settings, model) is None
