"""A diverged run keeps its best epoch before divergence, as in the authors' code."""

import pytest
import torch
from prepared_dataset import write_dataset
from torch import nn
from training_settings import settings_with

from transfer.data.store import open_dataset
from transfer.files import write_json
from transfer.training import models, record
from transfer.training.checkpoint import CheckpointFile
from transfer.training.finished import read_finished
from transfer.training.interruption import Interruption
from transfer.training.methods import finetune
from transfer.training.task import Task

SETTINGS = {
    "dataset": {"name": "squares"}, "model": {"name": "tiny", "weights": "random"},
    "recipe": {"name": "quick", "epochs": 4}, "hp": {"name": "a"}, "precision": "float32",
    "code": "0",
}  # fmt: skip


@pytest.fixture
def task(tmp_path):
    folder = write_dataset(tmp_path / "squares", uniform=True)
    statistics = (models.IMAGENET_MEAN, models.IMAGENET_STD)
    settings = settings_with(report_split="test")
    cpu = torch.device("cpu")
    return Task(open_dataset(folder, "original"), settings, *statistics, cpu, torch.float32, False)


def train(task, folder, monkeypatch, finite_steps: int):
    """A training whose loss is infinite from some step on."""
    steps = iter(range(10_000))

    def choose(multilabel):
        def loss(logits, labels):
            value = nn.functional.cross_entropy(logits, labels)
            return value if next(steps) < finite_steps else value * float("inf")

        return loss

    def build():
        torch.manual_seed(0)
        return nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(48, 3))

    monkeypatch.setattr(finetune, "choose_loss", choose)
    checkpoint = CheckpointFile(folder / "checkpoint.pt", {}, True)
    outcome = finetune.train(task, build, checkpoint, Interruption())
    return outcome, record.metrics_record(task, SETTINGS, outcome, "0")


def test_the_best_epoch_before_is_kept_with_its_predictions(task, tmp_path, monkeypatch):
    # 40 images in batches of 8: five steps an epoch; the third epoch diverges.
    outcome, content = train(task, tmp_path, monkeypatch, finite_steps=12)
    assert content["status"] == "diverged" and len(content["history"]) == 3
    assert content["history"][2]["loss"] is None and content["history"][2]["report"] is None
    values = [entry["selection"]["accuracy"] for entry in content["history"][:2]]
    best = values.index(max(values))
    assert content["best_epoch"] == best + 1
    assert content["value"] == content["history"][best]["report"]["accuracy"]
    record.write_result(tmp_path / "metrics.json", task, outcome, content)
    assert (tmp_path / "predictions.npz").is_file()


def test_a_run_that_diverges_at_once_has_no_value(task, tmp_path, monkeypatch):
    outcome, content = train(task, tmp_path, monkeypatch, finite_steps=2)
    assert content["status"] == "diverged" and len(content["history"]) == 1
    assert content["value"] is None and content["best_epoch"] is None
    record.write_result(tmp_path / "metrics.json", task, outcome, content)
    assert not (tmp_path / "predictions.npz").exists()
    assert read_finished(tmp_path) == content
    # Not a number is no record, whoever wrote it.
    write_json(tmp_path / "finished.json", content)
    for name in ("finished.json", "metrics.json"):
        path = tmp_path / name
        path.write_text(path.read_text().replace('"value": null', '"value": NaN'))
    assert read_finished(tmp_path) is None
