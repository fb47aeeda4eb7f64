"""A study of several papers: views that show the studies of their printed numbers together."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transfer.study.study import JOINT, PUBLISHED
from transfer.study.views import Shown, read_shown
from transfer.validation import read_yaml


@dataclass(frozen=True)
class JointStudy:
    """The file index.yaml beside the studies of printed numbers; the schema describes each field.

    `papers` names the part of each paper's study that is shown, `distances` the paper whose
    distances to ImageNet are used, `threshold` is in percent. `figures` and `tables` are what is
    shown, by name.
    """

    title: str
    papers: dict[str, str]
    distances: str
    threshold: float
    intervals: dict[str, Any]
    figures: dict[str, Shown]
    tables: dict[str, Shown]
    words: str | None = None

    @property
    def studies(self) -> dict[str, str]:
        """The name of each paper's study, by paper."""
        return {paper: f"{PUBLISHED}/{paper}" for paper in self.papers}


def joint_file(folder: str | Path) -> Path:
    """The file of the joint study in a folder of studies, such as config/studies."""
    return Path(folder, PUBLISHED, f"{JOINT}.yaml")


def read_joint(path: str | Path) -> JointStudy:
    """Read a study of several papers; raises UserError if it breaks the schema."""
    content = read_yaml(path, "joint")
    for key in ("figures", "tables"):
        content[key] = {name: read_shown(line) for name, line in content[key].items()}
    return JointStudy(**content)


def joint_digest(joint: JointStudy) -> str:
    """Digest of what its numbers are computed from: twelve hexadecimal digits.

    Which views it shows, its title and its words do not count.
    """
    shown = ("figures", "tables", "title", "words")
    facts = {key: value for key, value in asdict(joint).items() if key not in shown}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
