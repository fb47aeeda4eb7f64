"""A grid of jobs on a real Slurm with four GPUs, with the project's own profile."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Slurm, wait_until

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(600)]
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMIT = 300


# What the shipped profile says of jobs that are several runs.
GROUPED = (
    "groups:\n",
    "  - train=cell\n",
    "group-components:\n",
    "  - cell=8\n",
    "resources: # of one job",
    "  - gpu=1\n",
    "set-resource-scopes:\n",
    "  - gpu=local\n",
)


def profile_of_a_site(folder: Path, grouped: bool = False) -> Path:
    """The shipped profile, with this cluster's names in the places that it shows for them."""
    text = (ROOT / "workflow/profiles/slurm/config.yaml").read_text()
    for shown, own in (("account=my_project", "account=own"), ("partition=cpu", "partition=gpus")):
        assert f"# - slurm_{shown}\n" in text
        text = text.replace(f"# - slurm_{shown}\n", f"  - slurm_{own}\n")
    if grouped:
        for line in GROUPED:
            assert f"# {line}" in text
            text = text.replace(f"# {line}", line)
        text = text.replace("runtime: 480 * attempt", "runtime: 5")
    folder.mkdir()
    (folder / "config.yaml").write_text(text)
    return folder


class Workflow:
    """Snakemake at work on the stand-in grid, in a folder of its own."""

    def __init__(self, slurm: Slurm, folder: Path, grouped: bool = False, **config: object) -> None:
        self.folder = folder
        profile = profile_of_a_site(folder / "profile", grouped)
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(HERE / "Snakefile")),
            *("--profile", str(profile), "--directory", str(folder)),
            # The shipped profile asks less often, to spare a large cluster's controller.
            *("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"),
            *("--config", f"job={HERE / 'job.py'}"),
            *(f"{key}={value}" for key, value in config.items()),
        ]
        environment = slurm.environment | {
            "PYTHONPATH": str(ROOT / "scripts"),
            "TRANSFER_GPUS": "4",
            "TRANSFER_GPU_LOCKS": str(folder / "locks"),
        }
        self.log = folder / "snakemake.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def started(self, number: int) -> bool:
        """Whether so many jobs have begun."""
        return len(list(self.folder.glob("started/*"))) >= number

    def finish(self) -> list[list[str]]:
        """Wait until it has ended well; what each job wrote, cell by cell."""
        try:
            status = self.process.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            pytest.fail(f"not done in {LIMIT} s:\n{self.log.read_text()[-5000:]}")
        assert status == 0, self.log.read_text()[-5000:]
        return [line.split() for line in (self.folder / "summary.txt").read_text().splitlines()]


def most_at_once(lines: list[list[str]]) -> int:
    edges = [(float(start), 1) for *_, start, _ in lines] + [(float(end), -1) for *_, end in lines]
    now = most = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most


def test_never_more_than_four_at_once_and_all_gpus_used_though_the_controller_is_lost(
    slurm, tmp_path
):
    workflow = Workflow(slurm, tmp_path, runs=8)
    wait_until(lambda: workflow.started(4), "four jobs have begun")
    slurm.stop_controller()
    # All four jobs end, and Snakemake asks for their states, while nobody answers.
    time.sleep(15)
    slurm.start_controller()
    lines = workflow.finish()
    assert [int(line[0]) for line in lines] == list(range(8))
    assert most_at_once(lines) <= 4
    assert {line[1] for line in lines} == {"0", "1", "2", "3"}
    # The GPU is Slurm's choice.
    assert all(line[2] == "Slurm" for line in lines)


def test_eight_runs_are_one_job_that_trains_them_one_after_another(slurm, tmp_path):
    before = slurm.jobs()
    lines = Workflow(slurm, tmp_path, grouped=True, runs=16, seconds=1).finish()
    assert [int(line[0]) for line in lines] == list(range(16))
    assert len(slurm.jobs()) - len(before) == 2
    for gpu in {line[1] for line in lines}:
        assert most_at_once([line for line in lines if line[1] == gpu]) == 1
    assert all(line[2] == "Slurm" for line in lines)
