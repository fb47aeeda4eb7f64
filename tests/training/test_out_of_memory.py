"""GPU out of memory, simulated on the CPU: adaptation of training, and its result."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from prepared_dataset import write_dataset
from stand_in_tables import a_model
from training_process import HP, RECIPES

from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.study.recipes import read_recipes
from transfer.training import batches
from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interruption
from transfer.training.methods.finetune import train
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.task import Task

ROW = a_model(id="small")


class Roomy(Task):
    """A task whose device has room for `room` images at a time."""

    room = 1000
    seen: tuple[int, ...] = ()

    trained: tuple[int, ...] = ()

    def logits(self, model, grey_levels):
        if model.training:
            type(self).trained += (len(grey_levels),)
        if len(grey_levels) > self.room:
            raise torch.OutOfMemoryError("simulated")
        type(self).seen += (len(grey_levels),)
        return super().logits(model, grey_levels)


def build():
    """A network without batch normalisation, to which the pieces of a batch make no difference."""
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 5, stride=4),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(8 * 7 * 7, 3),
    )


@pytest.fixture
def task(tmp_path):
    recipes = tmp_path / "recipes.yaml"
    recipes.write_text(RECIPES)
    recipe = read_recipes(recipes)["quick"]
    dataset = open_dataset(write_dataset(tmp_path / "squares"), "original")
    settings = replace(recipe.settings("squares", ROW).at(recipe.point(HP).values), epochs=2)
    cpu = torch.device("cpu")
    return Roomy(dataset, settings, IMAGENET_MEAN, IMAGENET_STD, cpu, torch.float32, False)


def outcome(task, folder):
    Roomy.seen = ()
    checkpoint = CheckpointFile(folder / f"{Roomy.room}.pt", {}, False, share=1)
    return train(task, build, checkpoint, Interruption())


def test_smaller_pieces_have_the_same_effective_batch(task, tmp_path, monkeypatch, capsys):
    whole = outcome(task, tmp_path)
    monkeypatch.setattr(Roomy, "room", 4)
    pieces = outcome(task, tmp_path)
    assert (whole.micro_batch, pieces.micro_batch) == (12, 3)
    assert max(Roomy.seen) <= 4, "training and evaluation alike"
    printed = capsys.readouterr().out
    assert "memory: 6 images at a time" in printed and "memory: 3 images at a time" in printed
    for one, other in zip(whole.history, pieces.history, strict=True):
        assert other["loss"] == pytest.approx(one["loss"], rel=1e-4)
    np.testing.assert_allclose(whole.best.report_scores, pieces.best.report_scores, atol=1e-3)


def test_no_piece_is_a_single_image(tmp_path, task, monkeypatch):
    """Which batch normalisation could not train on: seven images by three are not 3, 3 and 1."""
    counts = (("train", 43), ("val", 24), ("test", 18))
    dataset = open_dataset(write_dataset(tmp_path / "more", counts=counts), "original")
    monkeypatch.setattr(Roomy, "room", 4)
    monkeypatch.setattr(Roomy, "trained", ())
    assert outcome(replace(task, dataset=dataset), tmp_path).micro_batch == 3
    assert 7 % 3 == 1 and min(Roomy.trained) == 2


def test_the_images_leave_the_device_before_a_batch_is_cut(task, tmp_path, monkeypatch, capsys):
    whole = outcome(task, tmp_path)

    def full(*_):
        raise torch.OutOfMemoryError("simulated")

    monkeypatch.setattr(batches.ResidentPixels, "__init__", full)
    monkeypatch.setattr(Roomy, "room", 12)
    moved = outcome(replace(task, resident=True), tmp_path)
    assert moved.micro_batch == 12
    assert "resuming with the images in host memory" in capsys.readouterr().out
    assert [entry["loss"] for entry in moved.history] == [e["loss"] for e in whole.history]


def test_a_device_without_room_for_two_images_is_reported(task, tmp_path, monkeypatch):
    monkeypatch.setattr(Roomy, "room", 1)
    with pytest.raises(UserError, match="even with two images"):
        outcome(task, tmp_path)


@pytest.mark.parametrize(
    ("runs", "free", "fits"), [(1, 0.9, True), (4, 0.9, False), (1, 0.1, False)]
)
def test_the_room_for_images_is_shared_by_the_runs_of_a_gpu(task, monkeypatch, runs, free, fits):
    rows = task.dataset.rows("train")
    stored = 3 * int(task.dataset.sizes[rows].astype(np.int64).prod(axis=1).sum())
    total = 10 * stored
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free * total, total))
    assert batches.fits_on(torch.device("cuda"), task.dataset, rows, runs) is fits
