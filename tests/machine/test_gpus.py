"""GPUs of a machine, and those that a run may use."""

import os

import pytest

from transfer.errors import UserError
from transfer.machine import gpus, leases


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
    with pytest.raises(UserError, match=r"nvidia-smi fails: GPU is lost"), leases.leased_gpu():
        pass
    environment.setenv("CUDA_VISIBLE_DEVICES", "")
    with leases.leased_gpu() as lease:
        assert lease.gpu is None


def test_a_driver_without_a_gpu_is_a_machine_without_one(environment, tmp_path):
    failing_nvidia_smi(environment, tmp_path, gpus.NO_DEVICES)
    with leases.leased_gpu() as lease:
        assert lease.gpu is None


def test_a_gpu_that_is_not_there_is_named(environment):
    environment.setenv("CUDA_VISIBLE_DEVICES", "7")
    with (
        pytest.raises(UserError, match=r"CUDA_VISIBLE_DEVICES=7 names none .* 4 GPUs"),
        leases.leased_gpu(),
    ):
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


@pytest.mark.parametrize(("old", "new"), gpus.RENAMED.items())
def test_a_former_variable_name_is_refused(environment, old, new):
    environment.setenv(old, "1")
    with pytest.raises(UserError, match=f"{old} was renamed to {new}"), leases.leased_gpu():
        pass
