"""A miniature study through a real Slurm, disturbed on its way to its results."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml
from conftest import wait_until
from demo_study import miniature
from test_slurm import profile_of_a_site

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(600)]
PART = {
    "datasets": ["digits_rare", "digits_grades"],
    "models": ["lcnet_050", "mobilenetv3_small_050"],
    "recipe": "finetune_tiny",
}
RUNS = 12
LIMIT = 300


def test_the_demo_study_survives_a_cancelled_job_and_a_lost_controller(slurm, tmp_path):
    project = miniature(tmp_path / "project")
    study = project / "config/studies/demo.yaml"
    study.write_text(yaml.safe_dump(yaml.safe_load(study.read_text()) | {"parts": {"main": PART}}))
    log = tmp_path / "snakemake.log"
    command = [
        *(sys.executable, "-m", "snakemake"),
        *("--profile", str(profile_of_a_site(tmp_path / "profile"))),
        # The shipped profile asks less often, to spare a large cluster's controller.
        *("--slurm-init-seconds-before-status-checks", "2", "--local-cores", "1"),
        *("--config", "warm_start=true", "--", "results/demo/results.csv"),
    ]
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
        done, cancelled, away, most = set(), False, False, 0
        deadline = time.monotonic() + LIMIT
        while process.poll() is None:
            assert time.monotonic() < deadline, log.read_text()[-5000:]
            done = set(project.glob("results/runs/*/*/*/*/metrics.json"))
            running = slurm.running("train")
            most = max(most, len(running))
            if running and not cancelled:
                # Not before the run is at work.
                wait_until(
                    lambda: list(project.glob("results/runs/*/*/*/*/progress.json")), "a run"
                )
                slurm.call("scancel", running[0])
                cancelled = True
            if len(done) >= 3 and not away:
                slurm.stop_controller()
                time.sleep(20)
                slurm.start_controller()
                away = True
            time.sleep(0.5)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, log.read_text()[-5000:]
    assert cancelled and away
    assert 2 <= most <= 4
    records = [json.loads(path.read_text()) for path in done]
    assert len(records) == RUNS
    assert all(record["status"] == "completed" for record in records)
    rows = (project / "results/demo/results.csv").read_text().splitlines()[1:]
    assert len(rows) == 4 and all(",3,3,0" in row for row in rows)
