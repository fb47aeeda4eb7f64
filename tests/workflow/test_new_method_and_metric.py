"""A new method and a new metric, added as described in CONTRIBUTING, repeat no run."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from checkout import copy_checkout
from demo_study import WARM, make, single_part

RECIPES = """
quick_tiny:
  like: scratch_tiny
  steps: 4
  warmup_steps: 0
"""
METHOD = '''"""Fine-tuning from a last layer that is scaled first."""

from collections.abc import Callable

import torch
from torch import nn

from transfer.training.checkpoint import CheckpointFile
from transfer.training.heads import last_layer
from transfer.training.interruption import Interruption
from transfer.training.methods import finetune
from transfer.training.report import Report, unreported
from transfer.training.task import Task


def train(
    task: Task,
    build: Callable[[], nn.Module],
    checkpoint: CheckpointFile,
    interruption: Interruption,
    report: Report = unreported,
) -> finetune.Outcome:
    """Train a network as `finetune.train` does."""

    def scaled() -> nn.Module:
        model = build()
        with torch.no_grad():
            model.get_submodule(last_layer(model)).weight.mul_(task.settings.head_scale)
        return model

    return finetune.train(task, scaled, checkpoint, interruption, report)
'''
SETTINGS = '''

@dataclass(frozen=True, kw_only=True)
class ScaledSettings(Settings):
    """Settings of fine-tuning from a scaled last layer."""

    head_scale: float
'''
DESCRIBED = """\
    head_scale:
      description: The factor of the weights of the last layer at the start.
      type: number
      minimum: 0
"""
SCALED = """
scaled_tiny:
  like: quick_tiny
  method: scaled
  head_scale: 0
"""
MEASURE = """
def _top_2_accuracy(predicted: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> float:
    best = np.argsort(-scores, axis=1, kind="stable")[:, :2]
    return float((best == labels[:, None]).any(axis=1).mean())


METRICS: """
ROW = '    "top_2_accuracy": Metric("Top-2 accuracy", percent=True, several_labels=False),\n'
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A checkout with a small finished study."""
    folder = copy_checkout(tmp_path_factory.mktemp("further") / "project")
    (folder / "config/recipes/own.yaml").write_text(RECIPES)
    add_study(folder, "own", "quick_tiny", "digits_classes")
    make(folder, "results/own/results.csv")
    return folder


def add_study(project: Path, name: str, recipe: str, dataset: str) -> None:
    single_part(project, name, recipe=recipe, datasets=[dataset], models=["lcnet_050"])


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"{path}: {old}"
    path.write_text(text.replace(old, new))


def insert_after(path: Path, line: str, further: str) -> None:
    edit(path, line, line + further)


def trained(project: Path, snakemake) -> list[str]:
    """The runs that a dry run of the finished study would train again."""
    planned = snakemake(project, "--dry-run", *WARM, "results/own/results.csv")
    assert planned.returncode == 0, planned.stdout[-3000:]
    return re.findall(r"^rule train:", planned.stdout, re.MULTILINE)


def record(project: Path, dataset: str, recipe: str) -> dict:
    (path,) = project.glob(f"results/runs/{dataset}/lcnet_050/{recipe}/*/metrics.json")
    return json.loads(path.read_text())


def test_a_new_method_trains_and_repeats_no_run_of_another(project, snakemake):
    package = project / "scripts/transfer"
    (package / "training/methods/scaled.py").write_text(METHOD)
    table = package / "training/methods/__init__.py"
    edit(table, "import finetune, ", "import finetune, scaled, ")
    insert_after(table, '    "pretrain": pretrain.train,\n', '    "scaled": scaled.train,\n')
    settings = package / "study/settings.py"
    settings.write_text(settings.read_text() + SETTINGS)
    methods = package / "study/methods.py"
    edit(methods, "import PretrainSettings, ", "import PretrainSettings, ScaledSettings, ")
    insert_after(
        methods,
        '    "finetune": Method(Settings, OF_OPTIMISERS),\n',
        '    "scaled": Method(ScaledSettings, OF_OPTIMISERS),\n',
    )
    schema = project / "workflow/schemas/recipes.schema.yaml"
    edit(schema, "    batch_size:\n", f"{DESCRIBED}    batch_size:\n")
    assert trained(project, snakemake) == []
    (project / "config/recipes/own.yaml").write_text(RECIPES + SCALED)
    add_study(project, "scaled", "scaled_tiny", "digits_classes")
    make(project, "results/scaled/results.csv")
    found = record(project, "digits_classes", "scaled_tiny")
    assert found["status"] == "completed"
    settings = found["settings"]["recipe"]
    assert (settings["method"], settings["head_scale"]) == ("scaled", 0)
    # From zeros, the first scores are all alike, and so the loss is another.
    plain = record(project, "digits_classes", "quick_tiny")
    assert found["history"][0]["loss"] != plain["history"][0]["loss"]


def test_a_new_metric_is_computed_and_trains_no_finished_run_again(project, snakemake):
    package = project / "scripts/transfer"
    insert_after(package / "metrics.py", "METRICS = {\n", ROW)
    measures = package / "training/metrics.py"
    edit(measures, "\nMETRICS: ", MEASURE)
    insert_after(
        measures,
        "METRICS: dict[str, Measure] = {\n",
        '    "top_2_accuracy": _top_2_accuracy,\n',
    )
    assert trained(project, snakemake) == []
    blocks = project / "config/datasets.yaml"
    before, rare, after = blocks.read_text().partition("\ndigits_rare:\n")
    after = re.sub("metric: .*", "metric: top_2_accuracy", after, count=1)
    blocks.write_text(before + rare + after)
    assert trained(project, snakemake) == []
    add_study(project, "ranked", "quick_tiny", "digits_rare")
    make(project, "results/ranked/results.csv")
    (row,) = pd.read_csv(project / "results/ranked/results.csv").itertuples()
    found = record(project, "digits_rare", "quick_tiny")
    assert (row.metric, row.value) == ("top_2_accuracy", found["value"])
    assert found["metrics"]["accuracy"] <= found["value"] <= 1
