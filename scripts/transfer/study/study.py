"""A study: parts of datasets x models under a recipe, with its tables and figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transfer.study.views import Shown, read_shown
from transfer.validation import read_yaml

# The folder of studies of printed numbers, in config/studies and in results.
PUBLISHED = "published"


@dataclass(frozen=True)
class Part:
    """A named block of a study: datasets x models under one recipe."""

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str


@dataclass(frozen=True)
class Study:
    """One file of config/studies; the schema describes each field.

    `tables` and `figures` are what the study shows, by number. The name of a study of printed
    numbers is `published/<paper>`.
    """

    name: str
    title: str
    source: str
    parts: dict[str, Part]
    imagenet_top1: str
    threshold: float
    intervals: dict[str, Any]
    tables: dict[str, Shown]
    figures: dict[str, Shown]
    paper: str | None = None
    words: str | None = None
    selection: str = "as_published"
    diverged: str = "compete"
    weights: str = "pretrained"
    axes: str = "linear"


def read_study(path: str | Path) -> Study:
    """One file of config/studies, named by `study_name`; raises UserError if invalid."""
    content = read_yaml(path, "study")
    parts = {
        name: Part(tuple(part["datasets"]), tuple(part["models"]), part["recipe"])
        for name, part in content.pop("parts").items()
    }
    for key in ("tables", "figures"):
        content[key] = {number: read_shown(line) for number, line in content[key].items()}
    return Study(name=study_name(path), parts=parts, **content)


def study_name(path: str | Path) -> str:
    """The name of a study in every path: its file's stem, `published/<stem>` of printed numbers."""
    path = Path(path)
    return f"{PUBLISHED}/{path.stem}" if path.parent.name == PUBLISHED else path.stem
