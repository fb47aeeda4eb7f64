"""Leases of GPUs between real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest
from gpu_holders import held, start, wait_for_holders

from transfer.errors import UserError
from transfer.machine import gpus, leases


def most_at_once(intervals):
    edges = sorted((t, s) for start, end in intervals for t, s in ((start, 1), (end, -1)))
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


@pytest.mark.parametrize(("runs", "runs_per_gpu"), [(8, 1), (12, 2)])
def test_no_gpu_is_shared_and_all_are_used(environment, runs, runs_per_gpu, tmp_path):
    release = tmp_path / "release"
    holders = [start(release, runs_per_gpu) for _ in range(runs)]
    wait_for_holders(release, 4 * runs_per_gpu)
    time.sleep(2 * leases.LOOK_AGAIN_SECONDS)
    # The others have looked again by now, and found nothing.
    assert len(list(tmp_path.glob("release-*"))) == 4 * runs_per_gpu
    release.touch()
    found = [held(process) for process in holders]
    first = sorted(found, key=lambda lease: lease[1])[: 4 * runs_per_gpu]
    assert Counter(gpu for gpu, *_ in first) == dict.fromkeys(range(4), runs_per_gpu)
    for gpu in range(4):
        own = [(a, b) for c, a, b, _ in found if c == gpu]
        assert most_at_once(own) <= runs_per_gpu
    assert all(seen == str(gpu) for gpu, _, _, seen in found)


def test_runs_spread_over_idle_gpus_before_they_share_one(environment, tmp_path):
    release = tmp_path / "release"
    holders = [start(release, runs_per_gpu=2) for _ in range(4)]
    wait_for_holders(release, 4)
    release.touch()
    assert {held(process)[0] for process in holders} == {0, 1, 2, 3}


def test_the_gpu_of_a_killed_holder_is_free_again(environment, tmp_path):
    environment.setenv("TRANSFER_GPUS", "1")
    holder = start(tmp_path / "never")
    assert holder.stdout.readline().startswith("training on GPU 0")
    waiting = start(tmp_path)
    assert "waiting" in waiting.stdout.readline()
    time.sleep(1.5 * leases.LOOK_AGAIN_SECONDS)
    assert waiting.poll() is None
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    out, _ = waiting.communicate(timeout=60)
    assert json.loads(out.splitlines()[-1])[0] == 0
    # Said when the waiting began, not at every look.
    assert "waiting" not in out


@pytest.mark.parametrize("allocation", [None, "7"])
def test_only_the_visible_gpus_are_leased(environment, tmp_path, allocation):
    """As the user made them, or as Slurm gave several to an allocation."""
    if allocation:
        environment.setenv("SLURM_JOB_ID", allocation)
    environment.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    release = tmp_path / "release"
    holders = [start(release) for _ in range(3)]
    wait_for_holders(release, 2)
    release.touch()
    assert {held(process)[0] for process in holders} == {1, 3}


@pytest.mark.parametrize("variable", gpus.SCHEDULERS)
def test_the_runs_of_one_job_lease_the_gpu_that_its_scheduler_chose(
    environment, variable, tmp_path
):
    """Snakemake may have grouped several runs into one job; other jobs have GPUs of their own."""
    environment.setenv(variable, "7")
    environment.setenv("CUDA_VISIBLE_DEVICES", "2")
    first, second = start(tmp_path / "first"), start(tmp_path / "second")
    for _ in range(600):
        if len(list(tmp_path.glob("*-*"))) == 1:
            break
        time.sleep(0.1)
    time.sleep(2 * leases.LOOK_AGAIN_SECONDS)
    assert len(list(tmp_path.glob("*-*"))) == 1
    for name in ("first", "second"):
        (tmp_path / name).touch()
    found = [held(first), held(second)]
    assert most_at_once([(a, b) for _, a, b, _ in found]) == 1
    with leases.leased_gpu() as lease:
        assert lease.gpu.index == 2
        assert lease.chosen_by == gpus.SCHEDULERS[variable]


def test_another_job_is_not_waited_for(environment, tmp_path):
    """Slurm may have given a GPU to both, as shards of it."""
    environment.setenv("CUDA_VISIBLE_DEVICES", "2")
    release = tmp_path / "release"
    holders = []
    for number in ("7", "8"):
        environment.setenv("SLURM_JOB_ID", number)
        holders.append(start(release))
    wait_for_holders(release, 2)
    release.touch()
    assert [held(holder)[0] for holder in holders] == [2, 2]


def test_runs_that_share_the_one_gpu_of_an_allocation_lease_with_always(environment):
    environment.setenv("SLURM_JOB_ID", "7")
    environment.setenv("CUDA_VISIBLE_DEVICES", "2")
    environment.setenv("TRANSFER_LEASE", "always")
    with leases.leased_gpu() as lease:
        assert lease.chosen_by == "lease"


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_without_a_gpu_it_says_that_it_trains_on_the_cpu(environment, capsys, hidden):
    environment.setenv("CUDA_VISIBLE_DEVICES", hidden)
    with leases.leased_gpu() as lease:
        assert lease.gpu is None
    assert "training on the CPU" in capsys.readouterr().out


def test_with_a_gpu_pytorch_is_asked_for_a_gpu():
    lease = leases.Lease(gpus.GPU(3, "GPU-aa", "NVIDIA H200"), "lease")
    assert lease.device("auto") == lease.device("cuda:3") == "cuda"
    assert leases.Lease(None, None).device("auto") == "auto"


def test_a_numbered_device_is_that_gpu_among_the_visible(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    with leases.leased_gpu("cuda:1") as lease:
        assert lease.gpu.index == 1
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,1"
    with pytest.raises(UserError, match="only 2 GPUs"), leases.leased_gpu("cuda:2"):
        pass


def test_importing_the_lease_does_not_import_torch(environment):
    code = "import sys, transfer.machine.leases; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
