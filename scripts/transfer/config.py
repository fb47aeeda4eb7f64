"""The tables of the project, read and validated together: models, datasets, studies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.errors import UserError
from transfer.validation import read_table, read_yaml


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
    weights: str = "pretrained"
    axes: str = "linear"


def read_models(path: str | Path) -> pd.DataFrame:
    """`config/models.tsv`, one row per model, indexed by model; raises UserError if invalid."""
    return read_table(path, "models").set_index("model", drop=False)


def read_datasets(path: str | Path) -> dict[str, dict[str, Any]]:
    """`config/datasets.yaml`, one block per dataset; raises UserError if invalid."""
    return read_yaml(path, "datasets")


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


def check_study(study: Study, path: str, models: pd.DataFrame, datasets: dict[str, Any]) -> None:
    """Every dataset and model that a study names must be in its table; raises UserError."""
    problems = []
    for name, part in study.parts.items():
        for kind, wanted, known, table in (
            ("datasets", part.datasets, datasets, "config/datasets.yaml"),
            ("models", part.models, models.index, "config/models.tsv"),
        ):
            problems += [
                f"{path}: parts.{name}.{kind}: '{entry}' is not in {table}"
                for entry in wanted
                if entry not in known
            ]
    if problems:
        raise UserError("\n".join(problems))


def read_studies(
    folder: str | Path, models: pd.DataFrame, datasets: dict[str, Any]
) -> dict[str, Study]:
    """All studies of a folder by name, each held against the tables of models and datasets."""
    studies = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        study = read_study(path)
        check_study(study, str(path), models, datasets)
        studies[study.name] = study
    return studies
