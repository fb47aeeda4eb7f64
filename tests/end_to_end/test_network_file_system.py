"""A network file system that answers late: the work waits, and ends with the same results.

Two FUSE mounts of one folder stand for two machines. As with NFS, each remembers for seconds
that a file was not there, though the other has written it. Snakemake works through the one, the
steps through the other. Needs root and Debian's package bindfs.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from demo_study import make, part_of_the_demo

from transfer.study.recipes import read_recipes

TARGET = "results/demo/results.csv"
RUNS = "results/runs/digits_grades/lcnet_050/finetune_tiny"
LATE = 15  # seconds; longer than a step takes
LIMIT = 300

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
    pytest.mark.skipif(not shutil.which("bindfs"), reason="needs the package bindfs"),
    pytest.mark.skipif(not Path("/dev/fuse").exists(), reason="needs FUSE"),
]


@dataclass(frozen=True)
class Network:
    """The project as Snakemake's machine sees it, the servers, and the interpreter of the steps."""

    project: Path
    servers: list[subprocess.Popen]
    elsewhere: Path


# Rules run in the interpreter that runs Snakemake: here one of another machine.
STEPS_ELSEWHERE = (
    "import sys; sys.executable = sys.argv.pop(1); from snakemake.cli import main; main()"
)


def command(network: "Network", wait: int) -> list[str]:
    """Snakemake on one machine, whose rules run on the other."""
    options = ("--cores", "2", "--config", "warm_start=false", "--latency-wait", str(wait), TARGET)
    return [sys.executable, "-c", STEPS_ELSEWHERE, str(network.elsewhere), *options]


def make_late(network: "Network", wait: int) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(network, wait), cwd=network.project, env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip


def serve(folder: Path, mount: Path) -> subprocess.Popen:
    mount.mkdir()
    times = ",".join(f"{name}_timeout={LATE}" for name in ("attr", "entry", "negative"))
    server = subprocess.Popen(["bindfs", "-f", "-o", times, folder, mount])
    for _ in range(100):
        if mount.is_mount():
            return server
        time.sleep(0.1)
    pytest.fail("bindfs did not start")


@pytest.fixture
def network(tmp_path):
    folder = tmp_path / "server"
    part_of_the_demo(folder, ["digits_grades"], ["lcnet_050"])
    here, there = tmp_path / "snakemake", tmp_path / "steps"
    servers = [serve(folder, here), serve(folder, there)]
    elsewhere = tmp_path / "bin" / "python"
    elsewhere.parent.mkdir()
    # In a mount namespace of its own, the other machine's view lies where Snakemake has its own.
    elsewhere.write_text(
        f"#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {there} {here} && cd {here} &&"
        f' exec {sys.executable} "$@"\' python "$@"\n'
    )
    elsewhere.chmod(0o755)
    yield Network(here, servers, elsewhere)
    for server, mount in zip(servers, (here, there), strict=True):
        server.send_signal(signal.SIGCONT)
        subprocess.run(["umount", mount], check=True)
        server.wait(timeout=60)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results on a disk of one's own."""
    folder = tmp_path_factory.mktemp("disk") / "project"
    project = part_of_the_demo(folder, ["digits_grades"], ["lcnet_050"])
    make(project, TARGET)
    return (project / TARGET).read_bytes()


def test_files_that_show_late_are_waited_for(network, expected):
    """As long as the cluster profiles say; a shorter wait is named, and mended by the longer."""
    # As an interrupted attempt leaves them: in a folder that is new, no file is known to be absent.
    for point in read_recipes(network.project / "config/recipes")["finetune_tiny"].hyperparameters:
        (network.project / RUNS / point).mkdir(parents=True)
    hasty = make_late(network, 1)
    assert hasty.returncode == 1
    assert "latency" in hasty.stdout
    patient = make_late(network, 60)
    assert patient.returncode == 0, patient.stdout[-3000:]
    assert (network.project / TARGET).read_bytes() == expected


def test_a_server_that_stops_for_a_while_is_waited_for(network, expected):
    process = subprocess.Popen(
        command(network, 60),
        cwd=network.project,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    for _ in range(2):
        time.sleep(8)
        for server in network.servers:
            server.send_signal(signal.SIGSTOP)
        time.sleep(8)
        for server in network.servers:
            server.send_signal(signal.SIGCONT)
    output, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, output[-3000:]
    assert (network.project / TARGET).read_bytes() == expected
