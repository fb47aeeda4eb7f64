"""A study: parts of datasets x models under a recipe, with its tables and figures."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from transfer.data.dataset import Dataset
from transfer.errors import UserError
from transfer.study.views import Shown, read_shown
from transfer.validation import read_yaml

# The folder of studies of printed numbers, in config/studies and in results.
PUBLISHED = "published"
# The file of that folder which is no study of a paper, but of several (`transfer/study/joint.py`).
JOINT = "index"


@dataclass(frozen=True)
class Part:
    """A named block of a study: datasets x models under one recipe.

    `metrics` names the metric of datasets that are not compared by their own. Cells of an
    `optional` part are left out while files that a person must place are missing.
    """

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    recipe: str
    metrics: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False

    def metric(self, dataset: Dataset) -> str:
        """The metric that this part compares models by on a dataset: the dataset's own, or another.

        Training selects epochs by the dataset's own metric either way.
        """
        return self.metrics.get(dataset.id, dataset.metric)


class Intervals(TypedDict):
    """How intervals are computed: bootstrap samples, their seed, and the confidence level."""

    samples: int
    seed: int
    level: float


@dataclass(frozen=True)
class Study:
    """One file of config/studies; the schema describes each field.

    `imagenet_top1` is published or library; in its place `source_part` may name the part whose
    values stand on the horizontal axis. `tables` and `figures` are what the study shows, by
    number. The name of a study of printed numbers is `published/<paper>`.
    """

    name: str
    title: str
    source: str
    parts: dict[str, Part]
    imagenet_top1: str | None
    threshold: float
    intervals: Intervals
    tables: dict[str, Shown]
    figures: dict[str, Shown]
    source_part: str | None = None
    paper: str | None = None
    words: str | None = None
    selection: str = "as_published"
    diverged: str = "compete"
    weights: str = "pretrained"
    axes: str = "linear"


def read_study(path: str | Path) -> Study:
    """One file of config/studies, named by `study_name`; raises UserError if invalid."""
    content = read_yaml(path, "study")
    everywhere = content.pop("metrics", {})
    parts = {
        name: Part(
            tuple(part["datasets"]),
            tuple(part["models"]),
            part["recipe"],
            {one: metric for one, metric in everywhere.items() if one in part["datasets"]}
            | part.get("metrics", {}),
            part.get("optional", False),
        )
        for name, part in content.pop("parts").items()
    }
    _refuse_unused_metrics(path, everywhere, parts)
    if isinstance(content["imagenet_top1"], dict):
        content["source_part"] = content["imagenet_top1"]["part"]
        content["imagenet_top1"] = None
    for key in ("tables", "figures"):
        content[key] = {number: read_shown(line) for number, line in content[key].items()}
    return Study(name=study_name(path), parts=parts, **content)


def study_name(path: str | Path) -> str:
    """The name of a study in every path: its file's stem, `published/<stem>` of printed numbers."""
    path = Path(path)
    return f"{PUBLISHED}/{path.stem}" if path.parent.name == PUBLISHED else path.stem


def _refuse_unused_metrics(
    path: str | Path, everywhere: Mapping[str, str], parts: Mapping[str, Part]
) -> None:
    """Raise UserError for a metric of a dataset that its part, or no part, has."""
    used = {dataset for part in parts.values() for dataset in part.datasets}
    problems = [
        f"metrics: '{one}' is in no part of this study" for one in everywhere if one not in used
    ]
    problems += [
        f"parts.{name}.metrics: '{one}' is not among the datasets of this part"
        for name, part in parts.items()
        for one in part.metrics
        if one not in part.datasets
    ]
    if problems:
        raise UserError("\n".join(f"{path}: {problem}" for problem in problems))


def study_digest(study: Study) -> str:
    """Digest of everything that a study's numbers are computed from: twelve hexadecimal digits.

    Which views it shows, and its words, do not count; but captions name the tables of its values.
    """
    shown = ("figures", "tables", "title", "words")
    facts = {key: value for key, value in asdict(study).items() if key not in shown}
    facts["values"] = [name for name, line in study.tables.items() if line.view == "values"]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
