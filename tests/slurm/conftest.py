"""A real Slurm on this machine: one node that claims eight CPUs and four GPUs.

The daemons listen on loopback, run as root, keep everything in a temporary folder and are
stopped when the tests end. /etc/slurm must be at its default place because the plugin's jobs
strip SLURM_CONF; nothing that is there already is touched: the tests are then skipped.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

NEEDED = ("munged", "slurmctld", "slurmd", "squeue", "sbatch", "mknod")
ETC = Path("/etc/slurm")
LIMIT = 60  # seconds for a call that ends by itself

SLURM_CONF = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={controller}
SlurmdPort={node}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MinJobAge=3600
SchedulerParameters=sched_interval=5,bf_interval=5,batch_sched_delay=1
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 Gres=gpu:4 State=UNKNOWN
PartitionName=gpus Nodes={host} Default=YES MaxTime=1440 State=UP
"""


@dataclass(frozen=True)
class Slurm:
    """The running Slurm: its folder, and the environment to call it in."""

    folder: Path
    environment: dict[str, str]

    def call(self, *command: str) -> str:
        """Output of one of Slurm's commands."""
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=LIMIT, check=True
        ).stdout

    def jobs(self) -> dict[str, str]:
        """State by number of every job that Slurm knows, array tasks one by one."""
        lines = self.call("squeue", "--noheader", "--array", "--states=all", "--format=%i|%T")
        return dict(line.split("|") for line in lines.splitlines())

    def names(self) -> dict[str, str]:
        """Comment by number of every known job; the plugin writes rule and wildcards there."""
        lines = self.call("squeue", "--noheader", "--states=all", "--format=%i|%k")
        return dict(line.split("|", 1) for line in lines.splitlines())

    def running(self, rule: str) -> list[str]:
        """Numbers of the running jobs of a rule."""
        lines = self.call("squeue", "--noheader", "--states=RUNNING", "--format=%i|%k")
        pairs = [line.split("|", 1) for line in lines.splitlines()]
        return [number for number, name in pairs if f"rule_{rule}_wildcards" in name]

    def start_controller(self) -> None:
        """Start slurmctld, and wait until it answers."""
        # The state of before, if there is any, is recovered.
        self.call("slurmctld")
        wait_until(self.answers, "slurmctld answers")

    def answers(self) -> bool:
        """Whether the controller answers at all."""
        return self._sinfo() != ""

    def is_ready(self) -> bool:
        """Whether the node waits for jobs."""
        return self._sinfo() == "idle"

    def stop_controller(self) -> None:
        """Stop slurmctld; the node and its jobs go on."""
        stop(self.folder / "slurmctld.pid")

    def _sinfo(self) -> str:
        done = subprocess.run(
            ["sinfo", "--noheader", "--format=%T"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return done.stdout.strip()


def wait_until(condition, what: str, seconds: float = LIMIT) -> None:
    """Wait for a condition; the test fails when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.2)


def stop(pid_file: Path) -> None:
    """End the daemon of a pid file, and wait until it has ended."""
    try:
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), f"{pid_file.stem} ends")


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def path_without_sacct(folder: Path) -> str:
    """A PATH on which everything is found but sacct, which has no accounts to read here."""
    bin_ = folder / "bin"
    bin_.mkdir()
    for place in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for program in Path(place).iterdir():
            link = bin_ / program.name
            if program.name != "sacct" and not link.is_symlink():
                link.symlink_to(program)
    python = Path(shutil.which("snakemake") or "").parent
    return f"{python}:{bin_}"


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    if os.geteuid() != 0:
        pytest.skip("starting a Slurm needs root")
    missing = [command for command in NEEDED if shutil.which(command) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if (ETC / "slurm.conf").exists() or (ETC / "gres.conf").exists():
        pytest.skip(f"{ETC} is in use")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool", "seed"):
        (folder / name).mkdir()
    host = socket.gethostname().partition(".")[0]
    controller, node = free_ports(2)
    text = SLURM_CONF.format(host=host, folder=folder, controller=controller, node=node)
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File={folder}/gpu[0-3]\n")
    for number in range(4):
        # With plain files Slurm would never set CUDA_VISIBLE_DEVICES.
        subprocess.run(["mknod", f"{folder}/gpu{number}", "c", "1", "3"], check=True, timeout=LIMIT)
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    ETC.mkdir(exist_ok=True)
    for name in ("slurm.conf", "gres.conf"):
        (ETC / name).symlink_to(folder / name)
    environment = {**os.environ, "PATH": path_without_sacct(folder)}
    for name in [name for name in environment if name.startswith(("SLURM_", "CUDA_"))]:
        del environment[name]
    running = Slurm(folder, environment)
    try:
        options = ("key-file", "socket", "pid-file", "log-file", "seed-file")
        files = ("munge.key", "munge.socket", "munged.pid", "munged.log", "seed/munged.seed")
        pairs = zip(options, files, strict=True)
        running.call("munged", "--force", *(f"--{name}={folder}/{file}" for name, file in pairs))
        running.call("slurmctld", "-c")
        running.call("slurmd", "-N", host, "-c")
        wait_until(running.is_ready, "the node is ready")
        yield running
    finally:
        for name in ("slurmd", "slurmctld", "munged"):
            stop(folder / f"{name}.pid")
        for name in ("slurm.conf", "gres.conf"):
            (ETC / name).unlink()
