"""The tables of the project, read and validated together: models, datasets, studies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from transfer.errors import UserError
from transfer.study_checks import study_problems
from transfer.study_checks.libraries import known_networks
from transfer.study_checks.models import model_problems
from transfer.study_checks.names import Rows
from transfer.training.recipes import Recipe
from transfer.validation import check, read_table, read_yaml


def read_settings(config: dict[str, Any]) -> dict[str, Any]:
    """The settings of config.yaml and `--config`, checked; raises UserError if invalid.

    On the command line `--config key=false` arrives as text, and so do the values of a mapping;
    text that spells a number, a boolean or null counts as such.
    """

    def spelt_out(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: spelt_out(entry) for key, entry in value.items()}
        if not isinstance(value, str):
            return value
        meant = yaml.safe_load(value) if value else value
        return meant if meant is None or isinstance(meant, bool | int | float) else value

    settings = spelt_out(dict(config))
    check(settings, "config", "config/config.yaml or --config")
    return settings


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


def read_studies(
    folder: str | Path,
    models: Rows,
    datasets: Rows,
    recipes: Mapping[str, Recipe],
    networks: Path | None = None,
) -> dict[str, Study]:
    """All studies of a folder by name, each checked against the tables it names entries of.

    `models` are the rows of the model table by model. With `networks`, the file in which answers
    of torchvision and timm are kept, models that a study trains are compared with the library
    that builds them. Raises UserError listing all problems of all studies.
    """
    studies = {path: read_study(path) for path in sorted(Path(folder).glob("*.yaml"))}
    trained = trained_models(studies.values(), models)
    known = known_networks(trained, networks) if networks else {}
    problems = [f"config/models.tsv: {problem}" for problem in model_problems(models, known)]
    for path, study in studies.items():
        found = study_problems(study, models, datasets, recipes, known)
        problems += [f"{path}: {problem}" for problem in found]
    if problems:
        raise UserError("\n".join(problems))
    return {study.name: study for study in studies.values()}


def trained_models(studies: Iterable[Study], models: Rows) -> dict[str, Mapping[str, Any]]:
    """Rows of the model table for the models that studies of runs train."""
    parts = [part for study in studies if study.source == "runs" for part in study.parts.values()]
    names = dict.fromkeys(model for part in parts for model in part.models)
    return {name: models[name] for name in names if name in models}
