"""The GPU benchmark runs to its end on a machine without a GPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
CHECKS = (
    "stored pixels and crops are the CPU's",
    "logits and gradients of one step are the CPU's",
    "a run stopped in mid-epoch resumes bit for bit",
    "a run out of memory gives way and finishes",
    "processes lease different places and wait for one",
    "speed, every model trains",
)


def run(output: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [ROOT / "benchmarks" / "gpu.sh", output, *options],
        env=os.environ | {"PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_every_check_and_speed_runs_on_the_cpu(tmp_path):
    kept = tmp_path / "results" / "cpu.txt"
    done = run(kept, "--device", "cpu", "--quick")
    assert done.returncode == 0, done.stdout
    assert kept.read_text() == done.stdout
    lines = done.stdout.splitlines()
    for check in CHECKS:
        answer = next(line for line in lines[lines.index(check) :] if line in ("  yes", "  NO"))
        assert answer == "  yes", done.stdout
    names, values = (
        next(line for line in lines if line.startswith(start)).split()
        for start in ("  model ", "  mobilenet_v3_small  ")
    )
    assert names[:7] == ["model", "px", "batch", "ours", "host", "bare", "authors"]
    assert all(float(value) > 0 for value in values[1:7]), done.stdout


def test_a_failure_is_the_status_of_the_command_that_keeps_the_output(tmp_path):
    done = run(tmp_path / "kept.txt", "--device", "cpu", "--models", "no_such")
    assert done.returncode == 2 and "no_such not among" in (tmp_path / "kept.txt").read_text()


@pytest.fixture
def agreement(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import gpu_agreement

    return gpu_agreement


def test_a_wrong_gradient_is_seen(agreement):
    """Also a small one beside large ones, one that is not a number, and one that is missing."""
    gradients = {"large": torch.full((9,), 100.0), "small": torch.full((9,), 0.5)}
    reference = agreement.Step(torch.ones(4, 2), gradients)

    def errors(**changed):
        return agreement.errors(agreement.Step(torch.ones(4, 2), gradients | changed), reference)

    assert errors()[:2] == (0, 0)
    logits, worst, name = errors(small=torch.full((9,), 0.501))
    assert (logits, name) == (0, "small") and worst == pytest.approx(0.002, rel=1e-3)
    assert errors(large=torch.full((9,), torch.nan))[1] == float("inf")
    missing = agreement.Step(torch.ones(4, 2), {"large": gradients["large"]})
    assert agreement.errors(missing, reference)[1] == float("inf")


def test_a_device_that_computes_something_else_is_seen(agreement, monkeypatch, capsys):
    """A network whose inputs are off by a thousandth on every device but the CPU."""
    from gpu_setup import small_network

    right = agreement.step

    def wrong(model, inputs, labels, device, dtype):
        off = 1e-3 * (device.type != "cpu")
        return right(model, inputs + off, labels, agreement.CPU, dtype)

    monkeypatch.setattr(agreement, "build", lambda row, size: small_network(4))
    monkeypatch.setattr(agreement, "step", wrong)
    assert agreement.steps_agree(("resnet50",), 32, torch.device("cpu"))
    assert not agreement.steps_agree(("resnet50",), 32, torch.device("meta"))
    assert "NO" in capsys.readouterr().out
