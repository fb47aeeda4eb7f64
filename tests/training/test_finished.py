"""A finished run is found by all of its settings, and by no subset of them."""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from transfer.training.finished import read_finished, restore, set_aside

SETTINGS: dict[str, Any] = {
    "dataset": {"name": "pets", "digest": "d0", "short_side": 368},
    "model": {"name": "resnet50", "weights": "V1", "weights_sha256": "w0"},
    "recipe": {"name": "finetune", "epochs": 1, "seed": 0},
    "hp": {"name": "a", "rate": 0.1},
    "precision": "float32",
    "code": "c0",
}
# One for each part of the settings: whatever differs, it is another run.
OTHERS = {
    "data": ("dataset", {"digest": "d1"}),
    "store": ("dataset", {"short_side": "original"}),
    "weights": ("model", {"weights_sha256": "w1"}),
    "seed": ("recipe", {"seed": 1}),
    "learning rate": ("hp", {"rate": 0.2}),
    "precision": ("precision", "bfloat16"),
    "code": ("code", "c1"),
}


def other(name: str) -> dict[str, Any]:
    key, value = OTHERS[name]
    changed = copy.deepcopy(SETTINGS)
    changed[key] = changed[key] | value if isinstance(value, dict) else value
    return changed


def finish(folder: Path, settings: dict[str, Any], value: float = 0.5) -> Path:
    """Leave what a finished run leaves; `value` tells one from another."""
    metrics = {"accuracy": value}
    entry = {
        "epoch": 1, "learning_rate": 0.1, "loss": 1.0, "selection": metrics, "report": metrics,
        "training_seconds": 1, "evaluation_seconds": 1, "images_per_second": 10,
    }  # fmt: skip
    record = {
        "status": "completed", "dataset": "pets", "model": "resnet50", "recipe": "finetune",
        "hp": "a", "weights": "V1", "metric": "accuracy", "value": value, "best_epoch": 1,
        "metrics": metrics, "selection_split": "val", "report_split": "test", "history": [entry],
        "seconds": 2, "images_per_second": 10, "images_per_epoch": 10, "batch_size": 8,
        "micro_batch": 8, "device": "a GPU", "card": None, "precision": settings["precision"],
        "code": settings["code"], "seed": settings["recipe"]["seed"],
        "versions": {"torch": "2.13.0"}, "settings": settings,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("metrics.json", "finished.json"):
        (folder / name).write_text(json.dumps(record))
    (folder / "predictions.npz").write_bytes(f"predictions of {value}".encode())
    return folder / "metrics.json"


def test_a_record_that_was_deleted_comes_back_by_the_same_settings(tmp_path: Path) -> None:
    path = finish(tmp_path, SETTINGS)
    before = json.loads(path.read_text())
    path.unlink()
    assert restore(path, copy.deepcopy(SETTINGS))
    assert json.loads(path.read_text()) == before


@pytest.mark.parametrize("name", OTHERS)
def test_by_any_other_settings_it_is_not_finished(tmp_path: Path, name: str) -> None:
    path = finish(tmp_path, SETTINGS)
    path.unlink()
    assert not restore(path, other(name))
    assert not path.exists()


@pytest.mark.parametrize("name", OTHERS)
def test_a_run_gives_way_to_one_of_other_settings_and_returns(tmp_path: Path, name: str) -> None:
    path = finish(tmp_path, SETTINGS, 0.5)
    set_aside(tmp_path, other(name))
    finish(tmp_path, other(name), 0.7)
    assert restore(path, SETTINGS)
    assert json.loads(path.read_text())["value"] == 0.5
    assert (tmp_path / "predictions.npz").read_bytes() == b"predictions of 0.5"
    assert restore(path, other(name))
    assert json.loads(path.read_text())["value"] == 0.7
    assert (tmp_path / "predictions.npz").read_bytes() == b"predictions of 0.7"


def keep_weights(folder: Path, content: bytes, digest: str) -> None:
    """Weights beside a record, as a run leaves them."""
    (folder / "weights.safetensors").write_bytes(content)
    names = ("model", "library", "architecture", "weights", "source", "file")
    record = dict.fromkeys(names, "x") | {
        "source_sha256": hashlib.sha256(content).hexdigest(),
        "tensors_sha256": digest,
    }
    (folder / "weights.json").write_text(json.dumps(record))
    for name in ("metrics.json", "finished.json"):
        whole = json.loads((folder / name).read_text()) | {"kept_weights": digest}
        (folder / name).write_text(json.dumps(whole))


@pytest.mark.parametrize("lost", ["weights.safetensors", "weights.json", "altered", "other"])
def test_a_run_that_left_weights_is_not_finished_without_them(tmp_path: Path, lost: str) -> None:
    path = finish(tmp_path, SETTINGS)
    keep_weights(tmp_path, b"tensors", "t0")
    assert read_finished(tmp_path)
    if lost == "altered":
        (tmp_path / "weights.safetensors").write_bytes(b"tensorz")
    elif lost == "other":
        text = (tmp_path / "weights.json").read_text()
        (tmp_path / "weights.json").write_text(text.replace("t0", "t1"))
    else:
        (tmp_path / lost).unlink()
    assert read_finished(tmp_path) is None and not restore(path, SETTINGS)


def test_weights_give_way_and_return_with_their_run(tmp_path: Path) -> None:
    path = finish(tmp_path, SETTINGS, 0.5)
    keep_weights(tmp_path, b"tensors", "t0")
    set_aside(tmp_path, other("seed"))
    finish(tmp_path, other("seed"), 0.7)
    for name in ("weights.safetensors", "weights.json"):
        (tmp_path / name).unlink()
    assert restore(path, SETTINGS)
    assert (tmp_path / "weights.safetensors").read_bytes() == b"tensors"
    assert restore(path, other("seed"))
    assert not (tmp_path / "weights.safetensors").exists()


def test_predictions_of_a_finished_run_must_be_there(tmp_path: Path) -> None:
    path = finish(tmp_path, SETTINGS)
    (tmp_path / "predictions.npz").unlink()
    assert read_finished(tmp_path) is None and not restore(path, SETTINGS)
