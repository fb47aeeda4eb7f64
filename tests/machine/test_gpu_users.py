"""Other users of a GPU, from the output of nvidia-smi."""

import os
import subprocess
import time
from types import SimpleNamespace

import pytest
from gpu_holders import held, start, wait_for_holders

from transfer.errors import UserError
from transfer.machine import gpus, leases

NVIDIA_SMI = """#!/bin/sh
case "$1" in
-L) ;;
--query-gpu=index*) printf '0, GPU-aa, NVIDIA H200, 143771\\n1, GPU-bb, NVIDIA H200, 143771\\n' ;;
--query-gpu=uuid,memory.used*) cat "{folder}/memory" ;;
--query-compute-apps*) cat "{folder}/processes" ;;
*) exit 2 ;;
esac
"""
IDLE = "GPU-aa, 4, Disabled\nGPU-bb, 4, Disabled\n"


@pytest.fixture
def two_gpus(environment, tmp_path):
    """Two GPUs as nvidia-smi tells of them; call it with their processes and memory in use."""
    folder = tmp_path / "driver"
    folder.mkdir()
    program = folder / "nvidia-smi"
    program.write_text(NVIDIA_SMI.format(folder=folder))
    program.chmod(0o755)
    environment.delenv("TRANSFER_GPUS")
    environment.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    environment.setattr(leases, "LOOK_AGAIN_IN_USE_SECONDS", 0.05)

    def use(processes="", memory=IDLE):
        for name, text in (("processes", processes), ("memory", memory)):
            (folder / "new").write_text(text)
            (folder / "new").rename(folder / name)

    use()
    return use


def other_process():
    """A process that holds no lease, and does nothing."""
    return subprocess.Popen(["sleep", "300"])


def test_a_gpu_that_another_process_uses_is_left_to_it(two_gpus):
    other = other_process()
    try:
        two_gpus(f"GPU-aa, {other.pid}, 20480, /usr/bin/python\n")
        with leases.leased_gpu() as lease:
            assert lease.gpu.uuid == "GPU-bb"
    finally:
        other.kill()


@pytest.mark.parametrize(
    ("processes", "memory", "says"),
    [
        ("GPU-aa, 4194999, 20480, a name, with comma\n", IDLE, "a name, with comma, 20.0 GiB"),
        ("GPU-aa, 4194999, [N/A], [Not Found]\n", IDLE, "process 4194999 ([Not Found], memory"),
        # Of a container that shows no processes.
        ("", "GPU-aa, 20480, Disabled\n", "20.0 GiB of memory by processes that cannot be seen"),
    ],
)
def test_a_run_waits_for_others_and_says_for_whom(
    two_gpus, environment, capsys, processes, memory, says
):
    environment.setenv("CUDA_VISIBLE_DEVICES", "0")
    two_gpus(processes, memory)
    looks = []

    def look_again(seconds):
        looks.append(seconds)
        if len(looks) == 2:
            two_gpus()

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=look_again)
    environment.setattr(leases, "time", clock)
    with leases.leased_gpu() as lease:
        assert lease.gpu.uuid == "GPU-aa"
    assert len(looks) == 2
    said = capsys.readouterr().out
    assert said.count("in use by others") == 1 and says in said
    assert "TRANSFER_GPUS_IN_USE=take" in said and "--resources" not in said


@pytest.mark.parametrize(
    ("processes", "memory"),
    [
        ("", "GPU-aa, 900, Disabled\n"),
        # A screen; what a driver does not tell; the server of MPS; another GPU.
        ("", "GPU-aa, 20480, Enabled\n"),
        ("", "GPU-aa, [N/A], [N/A]\n"),
        ("GPU-aa, 4194999, 30, /usr/bin/nvidia-cuda-mps-server\n", IDLE),
        ("GPU-bb, 4194999, 20480, python\n", IDLE),
    ],
)
def test_what_is_no_computation_of_others_is_not_waited_for(
    two_gpus, environment, processes, memory
):
    environment.setenv("CUDA_VISIBLE_DEVICES", "0")
    two_gpus(processes, memory)
    with leases.leased_gpu() as lease:
        assert lease.gpu.uuid == "GPU-aa"


@pytest.mark.parametrize("name", [gpus.TAKE_IN_USE, "SLURM_JOB_ID"])
def test_gpus_in_use_are_taken_on_request_or_if_a_scheduler_gave_them(two_gpus, environment, name):
    two_gpus("GPU-aa, 4194999, 20480, python\nGPU-bb, 4194999, 20480, python\n")
    environment.setenv(name, "take" if name == gpus.TAKE_IN_USE else "7")
    with leases.leased_gpu() as lease:
        assert lease.gpu.uuid == "GPU-aa"


def test_a_misspelt_permission_is_refused(two_gpus, environment):
    environment.setenv(gpus.TAKE_IN_USE, "yes")
    with (
        pytest.raises(UserError, match="TRANSFER_GPUS_IN_USE=yes: must be 'take' or empty"),
        leases.leased_gpu(),
    ):
        pass


def test_runs_of_ours_are_no_others(two_gpus, environment, tmp_path):
    """Neither one that shares the GPU, nor one that has given it back and has not ended yet."""
    environment.setenv("CUDA_VISIBLE_DEVICES", "GPU-aa")
    holder = start(tmp_path / "release", runs_per_gpu=2)
    wait_for_holders(tmp_path / "release", 1)
    two_gpus(f"GPU-aa, {holder.pid}, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with leases.leased_gpu(runs_per_gpu=2) as lease:
        assert lease.gpu.uuid == "GPU-aa"
    # The number that the host gives a run in a container means nothing here.
    two_gpus("GPU-aa, 4194999, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with leases.leased_gpu(runs_per_gpu=2) as lease:
        assert lease.gpu.uuid == "GPU-aa"
    other = other_process()
    two_gpus(f"GPU-aa, {holder.pid}, 20480, python\nGPU-aa, {other.pid}, 20480, python\n")

    def end(seconds):
        other.kill()
        two_gpus()

    environment.setattr(leases, "time", SimpleNamespace(monotonic=time.monotonic, sleep=end))
    with leases.leased_gpu(runs_per_gpu=2):
        assert other.poll() is not None or other.wait(timeout=60)
    (tmp_path / "release").touch()
    held(holder)

    with leases.leased_gpu():
        pass
    two_gpus(f"GPU-aa, {os.getpid()}, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with leases.leased_gpu():
        pass
