"""Runs as processes: interruption, rejection and completion."""

import json
import os
import signal
import time
from dataclasses import asdict

import numpy as np
import pytest
import torch
from prepared_dataset import write_dataset
from training_process import RECIPES, Training

from transfer.data.digest import prepared_digest
from transfer.errors import UserError
from transfer.study.model import read_models
from transfer.training import models
from transfer.training.accepted import IDENTICAL, Acceptance, write_accepted
from transfer.training.checkpoint import CheckpointFile
from transfer.training.code import training_code
from transfer.training.weights import store_weights


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(
        tmp_path_factory.mktemp("data") / "squares",
        counts=(("train", 42), ("val", 12), ("test", 9)),
    )


@pytest.fixture(scope="module")
def uninterrupted(data, tmp_path_factory):
    training = Training(data, tmp_path_factory.mktemp("uninterrupted"))
    return training.result(), training.predictions()


def kill(training: Training, number: int = signal.SIGKILL) -> int:
    os.kill(training.process.pid, number)
    return training.end()


def same(training: Training, uninterrupted) -> bool:
    return (training.result(), training.predictions()) == uninterrupted


def test_an_uninterrupted_run_keeps_its_promises(data, uninterrupted, tmp_path):
    record, _ = uninterrupted
    assert record["status"] == "completed"
    assert record["weights"] == "random"
    assert record["images_per_epoch"] == 42
    values = [entry["selection"]["accuracy"] for entry in record["history"]]
    assert record["best_epoch"] == int(np.argmax(values)) + 1
    assert record["value"] == record["history"][record["best_epoch"] - 1]["report"]["accuracy"]
    assert record["history"][-1]["loss"] < record["history"][0]["loss"]


def test_a_run_from_a_local_file_says_so_and_not_the_pinned_tag(data, tmp_path):
    torch.manual_seed(0)
    row = read_models("config/models.tsv")["mobilenet_v3_small"]
    state = models.create(row).state_dict()
    path = tmp_path / "mobilenet_v3_small.safetensors"
    stored = store_weights(path, row.id, row, state, "mine.pth", "5" * 64)
    path.with_suffix(".json").write_text(json.dumps(asdict(stored)))
    given = ("--weights", str(path.with_suffix(".json")))
    record = Training(data, tmp_path / "run", *given, recipe="pretrained").result()
    assert record["weights"] == record["settings"]["model"]["weights"]
    assert record["weights"] == f"file: mine.pth, sha256 {'5' * 64}"


@pytest.mark.parametrize("moment", ["px", "epoch 1/4", "epoch 2/4", "epoch 3/4"])
def test_killed_and_started_again_it_ends_with_the_same_bits(data, uninterrupted, tmp_path, moment):
    first = Training(data, tmp_path).wait_for(moment)
    time.sleep(0.1 if moment == "epoch 2/4" else 0)
    assert kill(first) == -signal.SIGKILL
    assert not (tmp_path / "metrics.json").exists()
    again = Training(data, tmp_path)
    assert same(again, uninterrupted)
    assert ("resuming at" in again.new_log) or moment in ("px", "epoch 1/4")
    assert not list(tmp_path.glob("checkpoint*"))


def test_sigterm_writes_a_checkpoint_in_mid_epoch_and_the_run_goes_on_from_there(
    data, uninterrupted, tmp_path
):
    first = Training(data, tmp_path, "--checkpoint-share", "0").wait_for("epoch 1/4")
    assert kill(first, signal.SIGTERM) == 128 + signal.SIGTERM
    assert "checkpoint written" in first.log
    again = Training(data, tmp_path)
    assert same(again, uninterrupted)
    assert "resuming at" in again.new_log


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_counts_steps_goes_on_from_where_it_was_killed(data, tmp_path, number):
    (tmp_path / "whole").mkdir()
    expected = Training(data, tmp_path / "whole", recipe="stepped").result()
    assert [entry["step"] for entry in expected["history"]] == [5, 10, 12]
    first = Training(data, tmp_path / "killed", recipe="stepped").wait_for("step 5/12")
    assert kill(first, number) in (-signal.SIGKILL, 128 + signal.SIGTERM)
    again = Training(data, tmp_path / "killed", recipe="stepped")
    assert again.result() == expected and again.predictions()
    assert "resuming at" in again.new_log or number == signal.SIGKILL


def test_a_truncated_checkpoint_gives_way_to_the_one_before_it(data, uninterrupted, tmp_path):
    kill(Training(data, tmp_path).wait_for("epoch 3/4"), signal.SIGTERM)
    checkpoint = tmp_path / "checkpoint.pt"
    os.truncate(checkpoint, checkpoint.stat().st_size // 2)
    again = Training(data, tmp_path)
    assert same(again, uninterrupted)
    assert "checkpoint.pt: damaged" in again.new_log
    assert "resuming at" in again.new_log


def test_with_no_whole_checkpoint_it_starts_over_and_says_so(data, uninterrupted, tmp_path):
    for name in ("checkpoint.pt", "checkpoint.previous.pt"):
        (tmp_path / name).write_bytes(b"PK not a checkpoint")
    again = Training(data, tmp_path)
    assert same(again, uninterrupted)
    assert again.log.count("damaged") == 2


def test_a_checkpoint_of_other_settings_is_refused_or_by_request_replaced(data, tmp_path):
    kill(Training(data, tmp_path).wait_for("epoch 1/4"), signal.SIGTERM)
    refused = Training(data, tmp_path, recipe="shorter")
    assert refused.end() == 1
    assert "recipe.epochs: 4, now 2" in refused.new_log
    assert (tmp_path / "checkpoint.pt").exists()
    replaced = Training(data, tmp_path, "--restart-if-changed", recipe="shorter")
    assert len(replaced.result()["history"]) == 2
    assert "starting over" in replaced.new_log


def test_a_diverged_run_ends_well_with_a_valid_record(data, tmp_path):
    record = Training(data, tmp_path, hp="adamw-cosine_lr1e6_wd1e-4").result()
    assert record["status"] == "diverged"
    assert record["value"] is None and record["best_epoch"] is None
    assert record["history"][-1]["report"] is None
    assert not (tmp_path / "predictions.npz").exists()


def test_a_second_process_waits_for_the_first_and_takes_its_result(data, uninterrupted, tmp_path):
    first = Training(data, tmp_path).wait_for("epoch 1/4")
    os.kill(first.process.pid, signal.SIGSTOP)
    second = Training(data, tmp_path).wait_for("waiting for it")
    os.kill(first.process.pid, signal.SIGCONT)
    assert first.end() == 0
    written = (tmp_path / "metrics.json").stat().st_mtime_ns
    assert same(second, uninterrupted)
    assert (tmp_path / "metrics.json").stat().st_mtime_ns == written


def test_a_finished_run_whose_record_was_deleted_is_not_trained_again(
    data, uninterrupted, tmp_path
):
    first = Training(data, tmp_path)
    assert same(first, uninterrupted)
    record = tmp_path / "metrics.json"
    before = record.read_bytes()
    record.unlink()
    again = Training(data, tmp_path)
    assert again.end() == 0
    assert "finished before with the same settings" in again.new_log
    assert "epoch 1/4" not in again.new_log
    assert record.read_bytes() == before


@pytest.mark.long
def test_a_finished_run_is_trained_again_if_asked_for_or_not_whole(data, uninterrupted, tmp_path):
    first = Training(data, tmp_path)
    assert same(first, uninterrupted)
    record = tmp_path / "metrics.json"
    record.unlink()
    afresh = Training(data, tmp_path, "--restart")
    assert same(afresh, uninterrupted) and "epoch 1/4" in afresh.new_log
    record.unlink()
    (tmp_path / "predictions.npz").unlink()
    without = Training(data, tmp_path)
    assert same(without, uninterrupted) and "epoch 1/4" in without.new_log
    # Of other settings, it is another run.
    other = Training(data, tmp_path, recipe="shorter")
    assert len(other.result()["history"]) == 2


@pytest.mark.long
def test_a_checkpoint_that_cannot_be_read_for_now_is_kept(data, uninterrupted, tmp_path):
    kill(Training(data, tmp_path).wait_for("epoch 2/4"), signal.SIGTERM)
    checkpoint, away = tmp_path / "checkpoint.pt", tmp_path / "away"
    checkpoint.rename(away)
    # Read as a directory it is an OSError, as from a file server that is away.
    checkpoint.mkdir()
    assert Training(data, tmp_path, "--restart-if-changed").end() == 1
    checkpoint.rmdir()
    away.rename(checkpoint)
    again = Training(data, tmp_path)
    assert same(again, uninterrupted) and "resuming at" in again.new_log


def test_what_a_gpu_computed_is_not_thrown_away_for_the_cpu(tmp_path, capsys):
    on_gpu = {"device": "cuda", "precision": "bfloat16", "code": "a"}
    on_cpu = {"device": "cpu", "precision": "float32", "code": "a"}
    path = tmp_path / "checkpoint.pt"
    CheckpointFile(path, on_gpu, True).write({"epoch": 29})
    with pytest.raises(UserError, match="device: cuda, now cpu"):
        CheckpointFile(path, on_cpu, True).read()
    assert CheckpointFile(path, on_gpu, True).read() == {"epoch": 29}
    # Of another version of the code it is of no use to anyone.
    assert CheckpointFile(path, on_cpu | {"code": "b"}, True).read() is None
    assert not path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--expect-data", "0"), "was prepared again after the workflow had read it"),
        (("--expect-code", "0"), "the training code was edited after the workflow had read it"),
        (("--precision", "bfloat16"), "a CPU does not support it in hardware"),
    ],
)
def test_a_run_that_would_not_be_like_the_others_is_refused_before_it_trains(
    data, tmp_path, options, message
):
    refused = Training(data, tmp_path, *options)
    assert refused.end() == 1 and message in refused.log
    assert "px" not in refused.log and not (tmp_path / "metrics.json").exists()


def test_what_is_expected_and_there_is_trained(data, tmp_path):
    code = training_code("accuracy", "finetune")
    expected = ("--expect-data", prepared_digest(data), "--expect-code", code)
    accepted = tmp_path / "accepted.csv"
    row = Acceptance("shorter", expected[3], "0123456789ab", IDENTICAL, "a run", "2026-01-01")
    write_accepted(accepted, [row])
    # Accepted as an older code, it counts as that one, and is stated as what it is.
    refused = Training(data, tmp_path, *expected, "--accepted", accepted, recipe="shorter")
    assert refused.end() == 1
    older = (*expected[:3], "0123456789ab", "--accepted", accepted)
    record = Training(data, tmp_path, *older, recipe="shorter").result()
    assert record["settings"]["code"] == "0123456789ab"
    assert record["code"] == code


def test_what_an_edit_supersedes_is_kept_and_found_again_when_it_is_undone(data, tmp_path):
    first = Training(data, tmp_path, recipe="shorter")
    before = (first.result(), first.predictions())
    (tmp_path / "recipes.yaml").write_text(RECIPES.replace("epochs: 2", "epochs: 1"))
    (tmp_path / "metrics.json").unlink()
    edited = Training(data, tmp_path, recipe="shorter")
    assert len(edited.result()["history"]) == 1
    (tmp_path / "recipes.yaml").write_text(RECIPES)
    (tmp_path / "metrics.json").unlink()
    undone = Training(data, tmp_path, recipe="shorter")
    assert (undone.result(), undone.predictions()) == before
    assert "finished before with the same settings" in undone.new_log
    assert "epoch 1/" not in undone.new_log


def test_several_labels_with_searched_thresholds_and_no_network(tmp_path):
    data = write_dataset(tmp_path / "labels", metric="macro_f1", multilabel=True)
    training = Training(data, tmp_path / "run", hp="sgd-step_lr1e-2_wd1e-4", blocked=True)
    record = training.result()
    assert set(record["metrics"]) == {"accuracy", "macro_f1"}
    with np.load(training.folder / "predictions.npz", allow_pickle=False) as predictions:
        assert predictions["scores"].shape == predictions["labels"].shape == (18, 3)
        assert predictions["selection_scores"].shape == (24, 3)
        assert predictions["thresholds"].shape == (3,)
        assert predictions["ids"][0] == "image064"
    rates = [entry["learning_rate"] for entry in record["history"]]
    assert rates == pytest.approx([1e-2, 1e-2, 1e-3, 1e-4])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hp", "adamw-cosine_lr1e-3_wd1e-5"], "its grid has no point"),
        (["--model", "mobilenet_v3_smal"], "did you mean 'mobilenet_v3_small'"),
        (["--recipe", "pretrained"], "give them with --weights"),
        (["--short-side", "368"], "no store of this resolution"),
        (["--expect-settings", "0123456789ab"], "start the workflow again"),
    ],
)
def test_a_users_mistake_is_reported_in_one_line(data, tmp_path, options, message):
    training = Training(data, tmp_path, *options)
    assert training.end() == 1
    assert message in training.log
    assert "Traceback" not in training.log
    # So that `status` counts it as failed, not as yet to come.
    assert json.loads((tmp_path / "progress.json").read_text())["state"] == "failed"
