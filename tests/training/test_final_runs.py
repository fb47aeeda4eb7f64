"""Final runs as processes: trained on more images, reported at the last epoch, resumed."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from prepared_dataset import write_dataset
from training_process import HP, Training

from transfer.errors import UserError
from transfer.training.record_checks import check_record


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_dataset(
        tmp_path_factory.mktemp("data") / "squares",
        counts=(("train", 42), ("val", 12), ("test", 9)),
    )


def final(data: Path, folder: Path, seed: int = 3, *options: str, recipe="finals") -> Training:
    """A final run of the point that a choice names."""
    best = folder / "best.json"
    folder.mkdir(parents=True, exist_ok=True)
    best.write_text(json.dumps({"hp": HP}))
    given = ("--best", str(best), "--final-seed", str(seed), *options)
    return Training(data, folder, *given, recipe=recipe)


@pytest.fixture(scope="module")
def uninterrupted(data, tmp_path_factory):
    training = final(data, tmp_path_factory.mktemp("finals") / "final-3")
    return training.result(), training.predictions()


def test_it_trains_on_both_splits_and_reports_the_last_epoch_on_the_third(uninterrupted, tmp_path):
    record, predictions = uninterrupted
    assert (record["hp"], record["seed"]) == (HP, 3)
    assert record["images_per_epoch"] == 42 + 12
    assert (record["selection_split"], record["report_split"]) == ("none", "test")
    assert record["best_epoch"] == len(record["history"]) == 4
    assert [entry["selection"] for entry in record["history"]] == [None] * 4
    assert record["value"] == record["history"][-1]["report"]["accuracy"]
    path = tmp_path / "predictions.npz"
    path.write_bytes(predictions)
    with np.load(path) as kept:
        assert sorted(kept.files) == ["ids", "labels", "scores"] and len(kept["ids"]) == 9


def test_a_record_of_another_epoch_than_the_last_is_refused(uninterrupted):
    record, _ = uninterrupted
    times = {"training_seconds": 1, "evaluation_seconds": 1, "images_per_second": 1}
    history = [entry | times for entry in record["history"]]
    whole = record | {"seconds": 1, "images_per_second": 1, "history": history}
    check_record(whole, "it")
    earlier = history[0]["report"]
    other = whole | {"best_epoch": 1, "value": earlier["accuracy"], "metrics": earlier}
    with pytest.raises(UserError, match="its history or metrics say otherwise"):
        check_record(other, "it")


def test_killed_and_started_again_it_ends_with_the_same_bits(data, uninterrupted, tmp_path):
    first = final(data, tmp_path).wait_for("epoch 3/4")
    os.kill(first.process.pid, signal.SIGKILL)
    assert first.end() == -signal.SIGKILL and not (tmp_path / "metrics.json").exists()
    again = final(data, tmp_path)
    assert (again.result(), again.predictions()) == uninterrupted
    assert "resuming at" in again.new_log


def test_on_the_recipes_own_split_and_seed_it_is_the_chosen_run(data, tmp_path):
    chosen = Training(data, tmp_path / "chosen", recipe="same_splits").result()
    assert final(data, tmp_path / "final-0", 0, recipe="same_splits").result() == chosen


def test_a_diverged_one_leaves_a_record(data, tmp_path):
    best = tmp_path / "best.json"
    best.write_text(json.dumps({"hp": HP.replace("lr1e-3", "lr1e6")}))
    given = ("--best", str(best), "--final-seed", "3")
    record = Training(data, tmp_path, *given, recipe="finals").result()
    assert record["status"] == "diverged" and record["selection_split"] == "none"


@pytest.mark.parametrize(
    ("recipe", "seed", "options", "message"),
    [
        ("quick", 0, (), "recipe 'quick' has no final run of this seed"),
        ("finals", 1, (), "recipe 'finals' has no final run of this seed"),
        ("finals", 3, ("--expect-final", "000"), "was edited after the workflow had read it"),
    ],
)
def test_what_the_recipe_does_not_ask_for_is_refused(
    data, tmp_path, recipe, seed, options, message
):
    training = final(data, tmp_path, seed, *options, recipe=recipe)
    assert training.end() == 1 and message in training.log
