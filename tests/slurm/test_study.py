"""A small study with a chain and final runs on a real Slurm, with a cancelled job."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkout import copy_checkout
from conftest import wait_until
from demo_study import make, single_part
from test_slurm import profile_of_a_site

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]
RESULTS = "results/own/results.csv"
# A network is trained once on the source dataset. Two points start from the weights it left there,
# and the better one is trained again with two seeds.
RECIPES = """
source_tiny:
  like: pretrain_tiny
  steps: 8
  warmup_steps: 0
target_tiny:
  like: finetune_tiny
  steps: 8
  warmup_steps: 0
  weights: {recipe: source_tiny, dataset: digits_classes}
  grid: {optimizer: [adamw], schedule: [cosine], learning_rate: [0.003, 0.0003], weight_decay: [0]}
  final: {seeds: [0, 1], train_on: [train, val], report_split: test}
"""
SOURCES, POINTS, FINALS = 1, 2, 2
LIMIT = 500


def project_in(folder: Path) -> Path:
    """A checkout with a study whose recipe starts from the runs of another and has final runs."""
    project = copy_checkout(folder)
    (project / "config/recipes/own.yaml").write_text(RECIPES)
    part = {"datasets": ["digits_rare"], "models": ["lcnet_050"]}
    single_part(project, "own", recipe="target_tiny", **part)
    return project


def records(project: Path) -> dict[str, dict]:
    """The record of each finished run by its folder below results/runs."""
    runs = project / "results/runs"
    paths = runs.glob("*/*/*/*/metrics.json")
    return {str(path.parent.relative_to(runs)): json.loads(path.read_text()) for path in paths}


def test_a_study_with_a_cancelled_job_ends_with_the_results_of_a_local_run(slurm, tmp_path):
    project, here = project_in(tmp_path / "project"), project_in(tmp_path / "here")
    log = tmp_path / "snakemake.log"
    command = [
        *(sys.executable, "-m", "snakemake"),
        *("--profile", str(profile_of_a_site(tmp_path / "profile"))),
        # The shipped profile asks less often, to spare a large cluster's controller.
        *("--slurm-init-seconds-before-status-checks", "2", "--local-cores", "1"),
        *("--config", "warm_start=true", "--", RESULTS),
    ]
    earlier = slurm.jobs()
    with log.open("w") as written:
        process = subprocess.Popen(
            command,
            cwd=project,
            env=slurm.environment,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        cancelled, most = False, 0
        deadline = time.monotonic() + LIMIT
        while process.poll() is None:
            assert time.monotonic() < deadline, log.read_text()[-5000:]
            running = slurm.running("train")
            most = max(most, len(running))
            if running and not cancelled:
                # Not before the run is at work.
                wait_until(
                    lambda: list(project.glob("results/runs/*/*/*/*/progress.json")), "a run"
                )
                slurm.call("scancel", running[0])
                cancelled = True
            time.sleep(0.5)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, log.read_text()[-5000:]
    assert cancelled and 2 <= most <= 4
    # Neither kind of run was made on the machine that submits.
    names = [name for number, name in slurm.names().items() if number not in earlier]
    assert len({name for name in names if "rule_train_wildcards" in name}) == SOURCES + POINTS
    assert len({name for name in names if "rule_train_final_wildcards" in name}) == FINALS
    made = records(project)
    assert len(made) == SOURCES + POINTS + FINALS
    assert all(record["status"] == "completed" for record in made.values())
    (source,) = (record for name, record in made.items() if "source_tiny" in name)
    begun = [record for name, record in made.items() if "target_tiny" in name]
    assert len(begun) == POINTS + FINALS
    assert all(source["kept_weights"] in record["weights"] for record in begun)
    (row,) = (project / RESULTS).read_text().splitlines()[1:]
    assert ",4,4,0" in row
    make(here, RESULTS)
    assert (here / RESULTS).read_bytes() == (project / RESULTS).read_bytes()
