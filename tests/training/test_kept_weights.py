"""Weights that a run leaves, and runs that start from them."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from prepared_dataset import write_dataset
from safetensors.torch import load_file
from stand_in_tables import a_model
from training_process import HP, Training
from training_settings import settings_with

from transfer.errors import UserError
from transfer.training import heads, models
from transfer.training.methods.finetune import _body
from transfer.training.weights import read_weights, tensors_digest

SQUARES = (("train", 42), ("val", 12), ("test", 9))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data") / "squares", counts=SQUARES)


@pytest.fixture(scope="module")
def source(data, tmp_path_factory) -> Training:
    training = Training(data, tmp_path_factory.mktemp("source"), recipe="source")
    training.result()
    return training


def weights_of(training: Training) -> Path:
    return training.folder / "weights.json"


def test_a_pre_training_leaves_its_body_with_a_record(source):
    record = source.result()
    left, state = json.loads(weights_of(source).read_text()), read_weights(weights_of(source))
    assert record["kept_weights"] == left["tensors_sha256"] == tensors_digest(state)
    assert left["source"] == f"run:squares/mobilenet_v3_small/source/{HP}"
    assert left["image_size"] == 32
    assert not [name for name in state if name.startswith("classifier.3")]


def test_killed_and_resumed_it_leaves_the_same_weights(data, source, tmp_path):
    first = Training(data, tmp_path, recipe="source").wait_for("epoch 3/4")
    os.kill(first.process.pid, signal.SIGKILL)
    first.end()
    assert not (tmp_path / "weights.safetensors").exists()
    again = Training(data, tmp_path, recipe="source")
    assert again.result() == source.result() and "resuming at" in again.new_log
    names = ("weights.safetensors", "weights.json")
    assert all((tmp_path / n).read_bytes() == (source.folder / n).read_bytes() for n in names)


def test_a_run_starts_from_them_on_other_classes_and_says_so(source, tmp_path):
    other = write_dataset(tmp_path / "other", classes=4, counts=SQUARES)
    given = ("--weights", str(weights_of(source)))
    record = Training(other, tmp_path / "run", *given, recipe="started").result()
    digest = source.result()["kept_weights"]
    assert record["weights"] == f"run:squares/mobilenet_v3_small/source/{HP}, sha256 {digest}"
    assert record["settings"]["model"]["weights_sha256"] == digest
    assert record["kept_weights"] is None and not (tmp_path / "run/weights.json").exists()


def test_without_them_it_is_refused(data, tmp_path):
    training = Training(data, tmp_path, recipe="started")
    assert training.end() == 1
    assert "starts from run:squares/mobilenet_v3_small/source weights" in training.log


def test_a_diverged_pre_training_leaves_none(data, tmp_path):
    hp = HP.replace("lr1e-3", "lr1e6")
    record = Training(data, tmp_path, recipe="source", hp=hp).result()
    assert (record["status"], record["kept_weights"]) == ("diverged", None)
    assert not list(tmp_path.glob("weights*"))


@pytest.mark.parametrize("lost", [True, False])
def test_lost_or_exchanged_ones_are_refused_with_the_command(source, tmp_path, lost):
    for name in ("weights.json", "weights.safetensors"):
        (tmp_path / name).write_bytes((source.folder / name).read_bytes())
    file = tmp_path / "weights.safetensors"
    if lost:
        file.unlink()
    else:
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        assert load_file(file)
    with pytest.raises(UserError) as error:
        read_weights(tmp_path / "weights.json")
    assert str(file) in str(error.value)
    assert f"--force -- {tmp_path / 'metrics.json'}" in str(error.value)


@pytest.mark.parametrize("size", [32, 48, 160])
def test_position_embeddings_of_another_image_size_are_interpolated(size):
    row = a_model(library="timm", architecture="test_vit", weights="test_vit.r160_in1k")
    settings = settings_with(image_size=32)
    trained = heads.build(row, 5, settings, False)
    models.set_image_size(trained, 32)
    begun = heads.build(row, 3, settings, False, _body(trained), "them", 32)
    models.set_image_size(begun, size, 32)
    assert begun(torch.zeros(1, 3, size, size)).shape == (1, 3)
    if size == 32:
        assert torch.equal(begun.pos_embed, trained.pos_embed)


def test_a_body_fits_under_either_head_of_squeezenet():
    row = a_model(library="torchvision", architecture="squeezenet1_1")
    linear, convolution = (settings_with(squeezenet_head=h) for h in ("linear", "convolution"))
    for theirs, ours in ((linear, convolution), (convolution, linear), (linear, linear)):
        trained = heads.build(row, 5, theirs, False)
        begun = heads.build(row, 3, ours, False, _body(trained), "them")
        assert torch.equal(begun.features[0].weight, trained.features[0].weight)
