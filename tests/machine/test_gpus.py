"""Leases of GPUs between real processes."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from transfer.errors import UserError
from transfer.machine import gpus

SCRIPTS = Path(__file__).parents[2] / "scripts"
# Holds a GPU until the given file exists, and reports which GPU it held and when.
HOLDER = """
    import json, os, sys, time
    from pathlib import Path
    from transfer.machine.gpus import leased_gpu
    with leased_gpu(runs_per_gpu=int(sys.argv[1])) as lease:
        start = time.monotonic()
        release = Path(sys.argv[2])
        Path(f"{release}-{os.getpid()}").touch()
        while not release.exists():
            time.sleep(0.05)
        seen = os.environ["CUDA_VISIBLE_DEVICES"]
        print(json.dumps([lease.gpu.index, start, time.monotonic(), seen]), flush=True)
"""


@pytest.fixture
def environment(tmp_path, monkeypatch):
    for name in ("CUDA_VISIBLE_DEVICES", "TRANSFER_LEASE", gpus.TAKE_IN_USE, *gpus.SCHEDULERS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRANSFER_GPUS", "4")
    monkeypatch.setenv("TRANSFER_GPU_LOCKS", str(tmp_path / "locks"))
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))
    return monkeypatch


def start(release, runs_per_gpu=1):
    code = textwrap.dedent(HOLDER)
    command = [sys.executable, "-c", code, str(runs_per_gpu), str(release)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_holders(release, number):
    """Wait until so many hold a GPU at this moment."""
    for _ in range(600):
        if len(list(release.parent.glob(f"{release.name}-*"))) >= number:
            return
        time.sleep(0.1)
    pytest.fail(f"fewer than {number} hold a GPU")


def held(process):
    """GPU, start, end and CUDA_VISIBLE_DEVICES of a holder that has ended well."""
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return json.loads(out.splitlines()[-1])


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
    time.sleep(2 * gpus.LOOK_AGAIN_SECONDS)
    # The others have looked again by now, and found nothing.
    assert len(list(tmp_path.glob("release-*"))) == 4 * runs_per_gpu
    release.touch()
    leases = [held(process) for process in holders]
    first = sorted(leases, key=lambda lease: lease[1])[: 4 * runs_per_gpu]
    assert Counter(gpu for gpu, *_ in first) == dict.fromkeys(range(4), runs_per_gpu)
    for gpu in range(4):
        own = [(a, b) for c, a, b, _ in leases if c == gpu]
        assert most_at_once(own) <= runs_per_gpu
    assert all(seen == str(gpu) for gpu, _, _, seen in leases)


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
    time.sleep(1.5 * gpus.LOOK_AGAIN_SECONDS)
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
    time.sleep(2 * gpus.LOOK_AGAIN_SECONDS)
    assert len(list(tmp_path.glob("*-*"))) == 1
    for name in ("first", "second"):
        (tmp_path / name).touch()
    leases = [held(first), held(second)]
    assert most_at_once([(a, b) for _, a, b, _ in leases]) == 1
    with gpus.leased_gpu() as lease:
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
    with gpus.leased_gpu() as lease:
        assert lease.chosen_by == "lease"


@pytest.mark.parametrize("hidden", ["", "-1", "NoDevFiles"])
def test_without_a_gpu_it_says_that_it_trains_on_the_cpu(environment, capsys, hidden):
    environment.setenv("CUDA_VISIBLE_DEVICES", hidden)
    with gpus.leased_gpu() as lease:
        assert lease.gpu is None
    assert "training on the CPU" in capsys.readouterr().out


def test_a_machine_without_nvidia_smi_has_no_gpus(environment):
    environment.delenv("TRANSFER_GPUS")
    environment.setenv("PATH", "/nonexistent")
    assert gpus.machine_gpus() == ()


def failing_nvidia_smi(environment, folder, status):
    environment.delenv("TRANSFER_GPUS")
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho 'GPU is lost'\nexit {status}\n")
    program.chmod(0o755)
    environment.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_gpu_that_is_lost_is_no_reason_to_train_on_the_cpu(environment, tmp_path):
    failing_nvidia_smi(environment, tmp_path, 15)
    with pytest.raises(UserError, match=r"nvidia-smi fails: GPU is lost"), gpus.leased_gpu():
        pass
    environment.setenv("CUDA_VISIBLE_DEVICES", "")
    with gpus.leased_gpu() as lease:
        assert lease.gpu is None


def test_a_driver_without_a_gpu_is_a_machine_without_one(environment, tmp_path):
    failing_nvidia_smi(environment, tmp_path, gpus.NO_DEVICES)
    with gpus.leased_gpu() as lease:
        assert lease.gpu is None


def test_a_gpu_that_is_not_there_is_named(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "7")
    with (
        pytest.raises(UserError, match=r"CUDA_VISIBLE_DEVICES=7 names none .* 4 GPUs"),
        gpus.leased_gpu(),
    ):
        pass


def test_with_a_gpu_pytorch_is_asked_for_a_gpu():
    lease = gpus.Lease(gpus.GPU(3, "GPU-aa", "NVIDIA H200"), "lease")
    assert lease.device("auto") == lease.device("cuda:3") == "cuda"
    assert gpus.Lease(None, None).device("auto") == "auto"


def test_a_numbered_device_is_that_gpu_among_the_visible(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    with gpus.leased_gpu("cuda:1") as lease:
        assert lease.gpu.index == 1
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,1"
    with pytest.raises(UserError, match="only 2 GPUs"), gpus.leased_gpu("cuda:2"):
        pass


def test_slices_stand_for_their_gpu(environment, tmp_path):
    environment.delenv("TRANSFER_GPUS")
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = -L ]; then\n'
        "echo 'GPU 0: NVIDIA A100 (UUID: GPU-aa)'\n"
        "echo '  MIG 3g.20gb     Device  0: (UUID: MIG-1)'\n"
        "echo '  MIG 3g.20gb     Device  1: (UUID: MIG-2)'\n"
        "echo 'GPU 1: NVIDIA A100 (UUID: GPU-bb)'\n"
        "else\n"
        "echo '0, GPU-aa, NVIDIA A100, 40960'\n"
        "echo '1, GPU-bb, NVIDIA A100, [N/A]'\n"
        "fi\n"
    )
    program.chmod(0o755)
    environment.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = gpus.machine_gpus()
    assert [gpu.uuid for gpu in found] == ["MIG-1", "MIG-2", "GPU-bb"]
    environment.setenv("CUDA_VISIBLE_DEVICES", "GPU-b")
    assert [gpu.uuid for gpu in gpus.visible_gpus(found)] == ["GPU-bb"]


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
    environment.setattr(gpus, "LOOK_AGAIN_IN_USE_SECONDS", 0.05)

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
        with gpus.leased_gpu() as lease:
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
    environment.setattr(gpus, "time", clock)
    with gpus.leased_gpu() as lease:
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
    with gpus.leased_gpu() as lease:
        assert lease.gpu.uuid == "GPU-aa"


@pytest.mark.parametrize("name", [gpus.TAKE_IN_USE, "SLURM_JOB_ID"])
def test_gpus_in_use_are_taken_on_request_or_if_a_scheduler_gave_them(two_gpus, environment, name):
    two_gpus("GPU-aa, 4194999, 20480, python\nGPU-bb, 4194999, 20480, python\n")
    environment.setenv(name, "take" if name == gpus.TAKE_IN_USE else "7")
    with gpus.leased_gpu() as lease:
        assert lease.gpu.uuid == "GPU-aa"


def test_a_misspelt_permission_is_refused(two_gpus, environment):
    environment.setenv(gpus.TAKE_IN_USE, "yes")
    with (
        pytest.raises(UserError, match="TRANSFER_GPUS_IN_USE=yes: must be 'take' or empty"),
        gpus.leased_gpu(),
    ):
        pass


@pytest.mark.parametrize(("old", "new"), gpus.RENAMED.items())
def test_a_former_variable_name_is_refused(environment, old, new):
    environment.setenv(old, "1")
    with pytest.raises(UserError, match=f"{old} was renamed to {new}"), gpus.leased_gpu():
        pass


def test_runs_of_ours_are_no_others(two_gpus, environment, tmp_path):
    """Neither one that shares the GPU, nor one that has given it back and has not ended yet."""
    environment.setenv("CUDA_VISIBLE_DEVICES", "GPU-aa")
    holder = start(tmp_path / "release", runs_per_gpu=2)
    wait_for_holders(tmp_path / "release", 1)
    two_gpus(f"GPU-aa, {holder.pid}, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with gpus.leased_gpu(runs_per_gpu=2) as lease:
        assert lease.gpu.uuid == "GPU-aa"
    # The number that the host gives a run in a container means nothing here.
    two_gpus("GPU-aa, 4194999, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with gpus.leased_gpu(runs_per_gpu=2) as lease:
        assert lease.gpu.uuid == "GPU-aa"
    other = other_process()
    two_gpus(f"GPU-aa, {holder.pid}, 20480, python\nGPU-aa, {other.pid}, 20480, python\n")

    def end(seconds):
        other.kill()
        two_gpus()

    environment.setattr(gpus, "time", SimpleNamespace(monotonic=time.monotonic, sleep=end))
    with gpus.leased_gpu(runs_per_gpu=2):
        assert other.poll() is not None or other.wait(timeout=60)
    (tmp_path / "release").touch()
    held(holder)

    with gpus.leased_gpu():
        pass
    two_gpus(f"GPU-aa, {os.getpid()}, 20480, python\n", "GPU-aa, 20480, Disabled\n")
    with gpus.leased_gpu():
        pass


def test_importing_the_lease_does_not_import_torch(environment):
    code = "import sys, transfer.machine.gpus; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
