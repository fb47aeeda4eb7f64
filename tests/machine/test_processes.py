"""Processes identified by number and start time, with /proc and without."""

import os
import subprocess
import sys
import time

import pytest

from transfer.machine import processes


@pytest.fixture(params=["proc", "no proc"])
def system(request, monkeypatch, tmp_path):
    if request.param == "no proc":
        monkeypatch.setattr(processes, "PROC", tmp_path)
    elif not processes.PROC.exists():
        pytest.skip("this system has no /proc")


def test_a_process_that_runs_has_one_start_and_another_one_another(system):
    own = processes.process_start(os.getpid())
    assert own is not None and own == processes.process_start(os.getpid())
    # Starts are counted in hundredths of a second.
    time.sleep(0.05)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        assert processes.process_start(other.pid) > own
        other.stdin.close()


def test_a_process_that_has_ended_does_not_run_though_nobody_waited_for_it(system):
    child = subprocess.Popen([sys.executable, "-c", ""])
    for _ in range(600):
        if processes.process_start(child.pid) is None:
            break
        time.sleep(0.05)
    assert processes.process_start(child.pid) is None
    assert child.wait() == 0
    assert processes.process_start(child.pid) is None


@pytest.mark.parametrize("cores", [3, None])
def test_cores_are_counted_where_a_process_cannot_be_bound_to_some(monkeypatch, cores):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert processes.usable_cores() == (cores or 1)


def test_the_machine_keeps_its_name(system):
    assert processes.machine_id() and processes.machine_id() == processes.machine_id()
