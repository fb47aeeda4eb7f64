"""A study: parts of datasets x models under a recipe, with its tables and figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.validation import read_yaml


@dataclass(frozen=True)
class Part:
    """A named block of a study: datasets x models under one recipe."""

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str


@dataclass(frozen=True)
class Study:
    """One file of config/studies; the schema describes each field."""

    name: str
    title: str
    source: str
    parts: dict[str, Part]
    imagenet_top1: str
    threshold: float
    intervals: dict[str, Any]
    tables: tuple[str, ...]
    figures: tuple[str, ...]
    paper: str | None = None
    selection: str = "as_published"
    diverged: str = "compete"
    weights: str = "pretrained"
    axes: str = "linear"


def read_study(path: str | Path) -> Study:
    """One file of config/studies, named by its stem; raises UserError if invalid."""
    content = read_yaml(path, "study")
    parts = {
        name: Part(tuple(part["datasets"]), tuple(part["models"]), part["recipe"])
        for name, part in content.pop("parts").items()
    }
    for key in ("tables", "figures"):
        content[key] = tuple(content[key])
    return Study(name=Path(path).stem, parts=parts, **content)
