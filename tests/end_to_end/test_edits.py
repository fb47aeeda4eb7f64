"""A trained miniature study is edited: which results an edit recomputes, and which not."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkout import copy_checkout, run_snakemake
from demo_study import POINTS, make, part_of_the_demo, start

DATASETS = ["digits_rare", "digits_grades"]
MODELS = ["lcnet_050", "mobilenetv3_small_050"]
RUNS = len(DATASETS) * len(MODELS) * POINTS
TARGET = "results/demo/results.csv"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The miniature, made without disturbance, up to its page."""
    project = part_of_the_demo(tmp_path_factory.mktemp("finished") / "project", DATASETS, MODELS)
    make(project, "results/demo/paper.html")
    return project


def asked_for(project: Path, target: str = "results/demo/paper.html") -> dict[str, int]:
    """Jobs per rule that a dry run would start."""
    done = run_snakemake(project, "--dry-run", target)
    assert done.returncode == 0, done.stdout[-3000:]
    table = done.stdout.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+) *$", table, re.M)}


@pytest.fixture
def edited(finished):
    """Replaces text in a file of the finished project; put back after the test."""
    kept: dict[Path, tuple[bytes, os.stat_result]] = {}

    def replace(name: str, old: str, new: str) -> None:
        path = finished / name
        kept.setdefault(path, (path.read_bytes(), path.stat()))
        assert path.read_text().count(old) == 1
        path.write_text(path.read_text().replace(old, new))

    yield replace
    for path, (content, status) in kept.items():
        path.write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_finished_study_has_nothing_to_do(finished):
    assert asked_for(finished) == {}


def test_a_comment_asks_for_nothing(finished, edited):
    edited("scripts/transfer/training/optim.py", "\nMOMENTUM", "\n# as they said\nMOMENTUM")
    assert asked_for(finished) == {}


def test_an_edit_of_the_optimiser_asks_for_every_run(finished, edited):
    edited("scripts/transfer/training/optim.py", "MOMENTUM = 0.9", "MOMENTUM = 0.8")
    jobs = asked_for(finished)
    assert jobs["train"] == RUNS
    assert not {"prepare", "download", "fid"} & set(jobs)


@pytest.fixture
def copy(finished, tmp_path):
    """The finished project once more, files as old as they were."""
    return shutil.copytree(finished, tmp_path / "copy", symlinks=True)


def records(project: Path, dataset: str) -> list[Path]:
    return sorted(project.glob(f"results/runs/{dataset}/*/*/*/metrics.json"))


def test_data_that_changed_ask_for_every_run_also_after_an_interruption(copy):
    path = copy / "config/datasets.yaml"
    head, name, rest = path.read_text().partition("digits_rare:")
    path.write_text(head + name + rest.replace("seed: 0", "seed: 1", 1))
    runs = records(copy, "digits_rare")
    # One run was made, and then came the night.
    make(copy, str(runs[0].relative_to(copy)))
    assert asked_for(copy)["train"] == len(runs) - 1


def test_a_run_whose_end_no_snakemake_saw_is_made_again_after_an_edit(copy):
    """As of a job on a cluster, when the machine that submitted it went down: no params kept."""
    first, *_, last = records(copy, "digits_rare")
    forgotten = run_snakemake(copy, "--cleanup-metadata", str(last.relative_to(copy)))
    assert forgotten.returncode == 0, forgotten.stdout
    path = copy / "scripts/transfer/training/optim.py"
    path.write_text(path.read_text().replace("MOMENTUM = 0.9", "MOMENTUM = 0.8"))
    assert asked_for(copy)["train"] == RUNS
    make(copy, str(first.relative_to(copy)))
    assert asked_for(copy)["train"] == RUNS - 1


def accept(project: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "scripts/accept.py", *options],
        cwd=project, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_an_edit_that_computes_the_same_is_accepted_and_another_only_by_name(copy):
    path = copy / "scripts/transfer/training/optim.py"
    before = path.read_text()
    path.write_text(before.replace("momentum=MOMENTUM", "momentum=1.0 * MOMENTUM"))
    assert asked_for(copy)["train"] == RUNS
    done = accept(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked_for(copy) == {}
    rows = (copy / "results/accepted_code.csv").read_text().splitlines()[1:]
    assert len(rows) == len(DATASETS) and all("identical" in row for row in rows)

    assert accept(copy, "--by-name", "0" * 12, "--reason", "none waits").returncode == 0

    # What one of the three optimiser-schedule pairs alone goes through is seen as well.
    path.write_text(before.replace("MOMENTUM = 0.9", "MOMENTUM = 0.8"))
    refused = accept(copy)
    assert refused.returncode == 1 and "not equal" in refused.stdout
    assert asked_for(copy)["train"] == RUNS
    assert accept(copy, "--by-name", "0" * 12, "--reason", "no such code").returncode == 1
    assert asked_for(copy)["train"] == RUNS
    for code in set(re.findall(r"--by-name (\w+)", refused.stdout)):
        assert accept(copy, "--by-name", code).returncode == 1
        assert accept(copy, "--by-name", code, "--reason", "for the test").returncode == 0
    jobs = asked_for(copy)
    assert "train" not in jobs and jobs["select_runs"] == 1
    make(copy, "results/demo/paper.html")
    assert "accepted as equal by name" in (copy / "results/demo/paper.html").read_text()


def test_code_edited_while_runs_are_under_way_overwrites_nothing(copy, finished):
    """The runs to come are refused, not mixed in; the edit undone, only they are trained."""
    kept = {path: path.read_bytes() for path in records(copy, "digits_rare")}
    for path in records(copy, "digits_grades"):
        shutil.rmtree(path.parent)
    (copy / TARGET).unlink()
    process = start(copy, TARGET)
    for _ in range(1200):
        if records(copy, "digits_grades"):
            break
        time.sleep(0.05)
    path = copy / "scripts/transfer/training/optim.py"
    before = path.read_text()
    path.write_text(before.replace("MOMENTUM = 0.9", "MOMENTUM = 0.8"))
    assert process.wait(200) != 0
    done = {path: path.read_bytes() for path in records(copy, "digits_grades")}
    assert 0 < len(done) < RUNS - len(kept)
    logs = "".join(p.read_text() for p in copy.glob("results/logs/train/digits_grades/*/*/*.log"))
    assert "the training code was edited after the workflow had read it" in logs
    path.write_text(before)
    make(copy, TARGET)
    assert all(path.read_bytes() == content for path, content in (kept | done).items())
    assert (copy / TARGET).read_bytes() == (finished / TARGET).read_bytes()


def test_a_finished_study_survives_an_edit_that_is_undone(copy, finished):
    """Trained again under the edited code, and found again as it was."""
    runs = records(copy, "digits_grades")
    before = {path: path.read_bytes() for path in runs}
    path = copy / "scripts/transfer/training/optim.py"
    text = path.read_text()
    path.write_text(text.replace("MOMENTUM = 0.9", "MOMENTUM = 0.8"))
    make(copy, str(runs[0].relative_to(copy)))
    assert runs[0].read_bytes() != before[runs[0]]
    path.write_text(text)
    make(copy, TARGET)
    assert {path: path.read_bytes() for path in runs} == before
    assert (copy / TARGET).read_bytes() == (finished / TARGET).read_bytes()


def test_a_run_that_outlived_snakemake_is_not_trained_twice(copy):
    record = records(copy, "digits_grades")[0]
    target = str(record.relative_to(copy))
    shutil.rmtree(record.parent)
    log = copy / "results/logs/train" / f"{record.parent.relative_to(copy / 'results/runs')}.log"
    log.unlink()
    process = start(copy, target)
    for _ in range(600):
        if log.exists() and "epoch 1/" in log.read_text():
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    for _ in range(600):
        if record.exists():
            break
        time.sleep(0.1)
    before = record.read_bytes()
    make(copy, target)
    assert "finished before with the same settings" in log.read_text()
    assert record.read_bytes() == before


def test_a_deleted_record_is_made_again_and_nothing_else_trained(copy):
    gone, *others = records(copy, "digits_grades")
    before = [path.read_bytes() for path in others]
    gone.unlink()
    jobs = asked_for(copy)
    assert jobs["train"] == jobs["select_runs"] == jobs["paper"] == 1
    assert not {"prepare", "describe_cell", "fid", "study_fid"} & set(jobs)
    make(copy, "results/demo/paper.html")
    assert gone.exists() and [path.read_bytes() for path in others] == before
    assert asked_for(copy) == asked_for(copy, "demo") == {}


def test_an_edit_of_a_recipe_asks_for_its_runs(finished, edited):
    old = "  epochs: 2\n  batch_size: 128"
    edited("config/recipes/demo.yaml", old, old.replace("2", "3", 1))
    assert asked_for(finished)["train"] == RUNS


def test_an_edit_of_another_recipe_asks_for_no_run(finished, edited):
    edited("config/recipes/fang2023.yaml", "  epochs: 30", "  epochs: 31")
    assert "train" not in asked_for(finished)


def test_an_edit_of_a_figure_asks_for_that_figure(finished, edited):
    edited("scripts/figures/samples.py", "COLUMNS = 6", "COLUMNS = 5")
    assert asked_for(finished) == {"figure": 1, "paper": 1}


def test_a_further_model_asks_for_its_own_runs(finished, edited):
    path = "config/studies/demo.yaml"
    edited(path, "- mobilenetv3_small_050\n", "- mobilenetv3_small_050\n    - mnasnet_small\n")
    jobs = asked_for(finished)
    assert jobs["train"] == len(DATASETS) * POINTS
    assert jobs["describe_cell"] == len(DATASETS)


def test_a_part_of_the_grid_is_shown_beside_a_running_workflow(finished, tmp_path):
    """In a folder of its own; nothing of the finished study is touched or trained again."""
    runs = finished / "results/runs/digits_rare/lcnet_050/finetune_tiny"
    away = tmp_path / "runs"
    runs.rename(away)
    before = (finished / TARGET).stat().st_mtime_ns
    try:
        command = [sys.executable, "scripts/partial.py", "--study", "demo"]
        done = subprocess.run(command, cwd=finished, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        partial = finished / "results/partial/results/demo"
        assert f"{RUNS - POINTS} of {RUNS} runs" in (partial / "paper.html").read_text()
        assert f"Partial: {RUNS - POINTS} of {RUNS}" in (partial / "tables/table03.md").read_text()
        assert not runs.exists() and (finished / TARGET).stat().st_mtime_ns == before
    finally:
        away.rename(runs)
    assert asked_for(finished) == {}


def test_a_study_without_a_single_run_has_its_page(tmp_path):
    """The main study's, whose verdict has next to nothing to compare with the paper."""
    project = copy_checkout(tmp_path / "project")
    command = [sys.executable, "scripts/partial.py", "--study", "fang2023"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (project / "results/partial/results/fang2023/paper.html").read_text()
    assert "Partial: 0 of 6840 runs." in page
