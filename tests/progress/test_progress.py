"""States of runs read from their folders, with real processes for running ones."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from transfer.progress import states
from transfer.progress.summary import summarise, total_left
from transfer.study.expected import Run, expected_runs
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.study.study import Part, Study
from transfer.training import report
from transfer.validation import check
from transfer.words import duration, hours, size, span

ROOT = Path(__file__).parents[2]
RUN = Run("digits", "resnet50", "finetune", "sgd-cosine_lr1e-2_wd0")
# A run that reports one epoch and then trains until it is ended.
TRAINING = """
    import sys, time
    from transfer.training.report import reported, run_fields
    entry = {"training_seconds": 8.0, "evaluation_seconds": 2.0, "images_per_second": 100.0}
    with reported(sys.argv[1]) as report:
        report(**run_fields([entry], 5, 0.5, entry["images_per_second"]))
        if sys.argv[2] == "queue":
            report(state="queued")
        print("epoch 1", flush=True)
        sys.stdin.readline()
        if sys.argv[2] == "fail":
            raise RuntimeError("no space left on device")
        if sys.argv[2] == "interrupt":
            sys.exit(143)
"""


def metrics(**changed):
    content = {
        "status": "completed",
        "value": 0.75,
        "history": [{"epoch": 1, "images_per_second": 1.0, "value": 2}],
        "seconds": 120.0,
        "images_per_second": 250.5,
        "images_per_epoch": 1000,
        "device": "a GPU",
        "settings": {"status": "nested", "value": 3},
    }
    return content | changed


def write_metrics(runs, run=RUN, indent=2, **changed):
    folder = run.folder(runs)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps(metrics(**changed), indent=indent) + "\n")


def start(runs, end="well"):
    """A running process of RUN that has reported its first epoch."""
    folder = RUN.folder(runs)
    folder.mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(TRAINING), str(folder), end],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )
    assert process.stdout.readline() == "epoch 1\n"
    return process


def state(runs):
    return states.state_of(RUN, runs)


@pytest.mark.parametrize("indent", [2, 4, None])
def test_finished_runs_are_read_however_the_file_is_laid_out(tmp_path, indent):
    write_metrics(tmp_path, indent=indent)
    found = state(tmp_path)
    assert (found.state, found.value, found.images_per_second) == ("done", 0.75, 250.5)
    assert (found.seconds, found.images_per_epoch) == (120.0, 1000)
    assert (found.device, found.on_cpu) == ("a GPU", False)


def test_a_diverged_run_has_no_value(tmp_path):
    write_metrics(tmp_path, status="diverged", value=None)
    assert (state(tmp_path).state, state(tmp_path).value) == ("diverged", None)


@pytest.mark.parametrize("cut", [1, 40, 200, -3])
def test_a_cut_record_is_a_failure_and_not_a_crash(tmp_path, cut):
    write_metrics(tmp_path)
    path = RUN.folder(tmp_path) / "metrics.json"
    path.write_bytes(path.read_bytes()[:cut])
    assert state(tmp_path).state == "failed"


def test_a_running_process_is_seen_and_its_death_too(tmp_path):
    process = start(tmp_path)
    found = state(tmp_path)
    assert (found.state, found.here, found.value) == ("running", True, 0.5)
    assert found.seconds_left == pytest.approx(40)
    check(json.loads((RUN.folder(tmp_path) / report.FILE).read_text()), "progress", "progress")
    process.send_signal(signal.SIGKILL)
    # Not yet waited for, it is a zombie.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert state(tmp_path).state == "stopped"
    process.wait()
    assert state(tmp_path).state == "stopped"


def test_a_run_that_waits_for_a_gpu_does_not_count_as_running(tmp_path):
    process = start(tmp_path, "queue")
    assert state(tmp_path).state == "waiting"
    check(json.loads((RUN.folder(tmp_path) / report.FILE).read_text()), "progress", "progress")
    process.kill()
    process.wait()
    assert state(tmp_path).state == "stopped"


@pytest.mark.parametrize(
    ("end", "expected"), [("fail", "failed"), ("interrupt", "stopped"), ("well", "waiting")]
)
def test_how_a_run_ended_is_recorded(tmp_path, end, expected):
    process = start(tmp_path, end)
    process.communicate("\n", timeout=60)
    found = state(tmp_path)
    assert found.state == expected
    if end == "fail":
        assert found.error == "RuntimeError: no space left on device"


def test_a_reused_process_number_is_not_the_run(tmp_path):
    with report.reported(tmp_path) as tell:
        tell(process_start=1)
        assert report.is_alive(report.read_progress(tmp_path / report.FILE)) is False


def test_a_run_of_another_machine_counts_as_running(tmp_path):
    folder = RUN.folder(tmp_path)
    with report.reported(folder) as tell:
        tell(machine="another", pid=1)
        found = state(tmp_path)
    assert (found.state, found.here) == ("running", False)


def test_progress_that_cannot_be_written_does_not_stop_the_run(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with report.reported(blocked / "run") as tell:
        tell(epoch=1)
    assert "not written" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "running"}'])
def test_broken_progress_is_no_progress(tmp_path, content):
    folder = RUN.folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / report.FILE).write_text(content)
    assert state(tmp_path).state == "waiting"


def test_time_left_counts_whole_runs_and_what_running_ones_still_need(tmp_path):
    runs = [Run("digits", "resnet50", "finetune", f"hp{i}") for i in range(5)]
    write_metrics(tmp_path, runs[0], seconds=100.0)
    write_metrics(tmp_path, runs[1], seconds=5.0, status="diverged", value=None)
    with report.reported(runs[2].folder(tmp_path)) as tell:
        tell(seconds_left=30.0, seconds_per_epoch=10.0, epochs=10, best=0.9)
        (row,) = summarise(states.states_of(runs, tmp_path))
    # 30 s of the running one; 100 s, a whole run, for each of the two that wait.
    assert row.seconds_left == pytest.approx(230)
    assert row.best == 0.9
    assert dict(row.counts) == {"done": 1, "diverged": 1, "running": 1, "waiting": 2}


def test_time_left_is_not_made_up(tmp_path):
    (row,) = summarise(states.states_of([RUN], tmp_path))
    assert row.seconds_left is None
    assert total_left([row]) == (0, 1)


def test_time_left_is_reckoned_where_no_run_tells(tmp_path):
    runs = [Run("digits", "resnet50", "finetune", f"hp{i}") for i in range(3)]
    (row,) = summarise(states.states_of(runs, tmp_path), lambda run: 50.0)
    assert (row.seconds_left, row.reckoned) == (150.0, True)
    write_metrics(tmp_path, runs[0], seconds=100.0)
    (row,) = summarise(states.states_of(runs, tmp_path), lambda run: 50.0)
    assert (row.seconds_left, row.reckoned) == (200.0, False)


def test_status_knows_the_speeds_that_are_shipped():
    command = [sys.executable, "scripts/status.py", "--study", "fang2023", "--runs", "not there"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    # AlexNet, SqueezeNet and two ShuffleNets, on seven datasets, have no published speed.
    assert f"+ {4 * 7} unknown" in done.stdout
    assert re.search(r"~\d+ d \d+ h", done.stdout)


def test_each_run_of_a_study_is_expected_once():
    recipes = read_recipes(ROOT / "config/recipes")
    part = Part(("cct20", "aptos"), ("alexnet", "resnet50"), "finetune")
    again = Part(("cct20",), ("alexnet",), "finetune")
    study = Study("s", "", "runs", {"main": part, "again": again}, "", 70, {}, (), ())
    models = read_models(ROOT / "config/models.tsv")
    runs = expected_runs(study, recipes, models)
    assert len(runs) == len(set(runs)) == 2 * 2 * 60


def test_numbers_are_written_for_people():
    assert duration(None) == "–"
    assert duration(59.6) == "1 min 00 s"
    assert duration(3 * 86400 + 4 * 3600 + 59) == "3 d 4 h"
    assert (span(2e6), span(3e5), span(4e4), span(90)) == (
        *("23 days", "3.5 days", "11 hours", "2 minutes"),
    )
    assert (hours(3600), hours(36_000_000)) == ("1.0 h", "10,000 h")
    assert (size(999), size(94_280_567), size(6.4926e9)) == ("999 B", "94.3 MB", "6.5 GB")
