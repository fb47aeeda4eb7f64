"""Read settings and studies, validating each study against the tables that it refers to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from transfer.data.dataset import Dataset
from transfer.entries import Entries
from transfer.errors import UserError
from transfer.study.checks import study_problems
from transfer.study.checks.libraries import known_networks
from transfer.study.checks.models import model_problems
from transfer.study.model import Model
from transfer.study.recipe import Recipe
from transfer.study.study import JOINT, PUBLISHED, Study, read_study, study_name
from transfer.validation import check

STUDY_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
# Folders of results that do not belong to a study.
NOT_A_STUDY = (
    *("benchmarks", "cells", "data", "fid", "logs", "partial", PUBLISHED, "runs"),
    *(f"{PUBLISHED}/figures", f"{PUBLISHED}/tables"),
)


def read_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Validate the settings of config.yaml and `--config`; raises UserError if invalid.

    `--config key=false` and the values of mappings arrive as text from the command line; text that
    spells a number, a boolean or null is converted.
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
class Studies:
    """The valid studies of a folder by name, and the errors of the invalid ones.

    `unused` has the errors of entries of the tables, such as "dataset 'eurosat'", that no study
    uses.
    """

    sound: dict[str, Study]
    broken: dict[str, str]
    unused: dict[str, str] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """One warning for each study, and each entry that no study uses, that is left out."""
        left_out = "is left out; the other studies are not affected"
        return [
            *(f"Study '{name}' {left_out}:\n{what}" for name, what in self.broken.items()),
            *(f"The {name} is left out; no study uses it:\n{w}" for name, w in self.unused.items()),
        ]


def read_studies(
    folder: str | Path,
    models: Entries[Model],
    datasets: Entries[Dataset],
    recipes: Entries[Recipe],
    networks: Path | None = None,
) -> Studies:
    """Read all studies of a folder, validating each against the tables that it refers to.

    With `networks`, a file of cached information about torchvision and timm, the models that a
    study trains are compared with the libraries. An unfinished or invalid file affects its own
    study only, an invalid entry of a table only the studies that use it. Hidden files, such as
    those left by editors and macOS, are ignored.
    """
    read: dict[Path, Study] = {}
    broken: dict[str, str] = {}
    for path in study_files(folder):
        try:
            check_name(path)
            read[path] = read_study(path)
            check_source(path, read[path])
        except UserError as error:
            read.pop(path, None)
            broken[study_name(path)] = str(error)
    known = known_networks(trained_models(read.values(), models), networks) if networks else {}
    sound = {}
    for path, study in read.items():
        problems = [f"{path}: {p}" for p in study_problems(study, models, datasets, recipes, known)]
        trained = {name: known[name] for name in trained_models([study], models) if name in known}
        problems += [f"config/models.tsv: {p}" for p in model_problems(models, trained)]
        if problems:
            broken[study.name] = "\n".join(problems)
        else:
            sound[study.name] = study
    return Studies(sound, broken, unused_entries(broken.values(), models, datasets, recipes))


def unused_entries(of_studies: Iterable[str], *tables: Entries[Any]) -> dict[str, str]:
    """The problems of invalid entries that are not among the problems of a study."""
    found = "\n".join(of_studies)
    return {
        f"{table.kind} '{id}'": problem
        for table in tables
        for id, problem in table.broken.items()
        if problem.splitlines()[0] not in found
    }


def study_files(folder: str | Path) -> list[Path]:
    """The files of studies, with those of printed numbers last.

    Hidden files are ignored, and so is the study of several papers (`transfer/study/joint.py`).
    """
    own, printed = Path(folder).glob("*.yaml"), Path(folder, PUBLISHED).glob("*.yaml")
    papers = [path for path in sorted(printed) if path.stem != JOINT]
    return [path for path in [*sorted(own), *papers] if not path.name.startswith(".")]


def check_source(path: Path, study: Study) -> None:
    """Raise UserError for a study in the wrong folder or without a paper."""
    inside = study.name.startswith(f"{PUBLISHED}/")
    if inside and study.source != "published":
        raise UserError(
            f"{path}: source: studies of runs belong in config/studies itself, those of printed "
            f"numbers in config/studies/{PUBLISHED}: move the file, or set `source: published`"
        )
    if study.source == "published" and not inside:
        raise UserError(
            f"{path}: studies of printed numbers belong in config/studies/{PUBLISHED}: move it"
        )
    if study.source == "published" and not study.paper:
        raise UserError(f"{path}: paper: missing; set it to a folder of resources/published")


def check_name(path: Path) -> None:
    """Raise UserError for a study whose name cannot be used in paths of results."""
    if not STUDY_NAME.fullmatch(path.stem):
        raise UserError(
            f"{path}: the name of the file is that of the study in all paths: use only letters, "
            "digits, '_' and '-'"
        )
    if study_name(path) in NOT_A_STUDY:
        raise UserError(
            f"{path}: the name '{path.stem}' is reserved for a folder of results: use another name"
        )


def trained_models(studies: Iterable[Study], models: Mapping[str, Model]) -> dict[str, Model]:
    """The models that studies of runs train."""
    parts = [part for study in studies if study.source == "runs" for part in study.parts.values()]
    names = dict.fromkeys(model for part in parts for model in part.models)
    return {name: models[name] for name in names if name in models}
