"""The real workflow at its trainings, disturbed: killed, crowded out, locked out, moved.

Each time the same command finishes afterwards with the same results, to the last digit.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from checkout import run_snakemake
from demo_study import POINTS, WARM, make, part_of_the_demo, start

TARGETS = ("results/demo/results.csv", "results/demo/tables/table03.csv")
PREPARED = "results/data/digits_grades/index.csv"
LIMIT = 300

pytestmark = pytest.mark.long
needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """One digit task, prepared, and one network to train on it."""
    folder = tmp_path_factory.mktemp("prepared") / "project"
    project = part_of_the_demo(folder, ["digits_grades"], ["lcnet_050"])
    make(project, PREPARED)
    return project


@pytest.fixture(scope="module")
def expected(prepared, tmp_path_factory):
    """The results of an undisturbed run."""
    project = copy_of(prepared, tmp_path_factory.mktemp("undisturbed") / "project")
    make(project, *TARGETS)
    return results(project)


@pytest.fixture
def project(prepared, tmp_path):
    return copy_of(prepared, tmp_path / "project")


def copy_of(project: Path, folder: Path) -> Path:
    return shutil.copytree(project, folder, symlinks=True)


def results(project: Path) -> dict[str, bytes]:
    return {target: (project / target).read_bytes() for target in TARGETS}


def wait_for(project: Path, pattern: str) -> None:
    for _ in range(LIMIT * 20):
        if any(project.glob(pattern)):
            return
        time.sleep(0.05)
    pytest.fail(f"{pattern} never came")


def wait_for_training(project: Path) -> None:
    wait_for(project, "results/runs/*/*/*/*/*")


def test_place_zone_and_locale_change_nothing(prepared, tmp_path, expected):
    project = copy_of(prepared, tmp_path / "Übung mit Leerzeichen, 学习")
    make(project, *TARGETS, TZ="Asia/Kathmandu", LC_ALL="de_DE.UTF-8", LANG="de_DE.UTF-8")
    assert results(project) == expected


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_killed_snakemake_is_no_obstacle(project, expected, whole_group):
    """Alone, its jobs go on without it; with its group, they die in the middle."""
    process = start(project, *TARGETS)
    wait_for_training(project)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.wait(timeout=LIMIT)
    make(project, *TARGETS)
    assert results(project) == expected


def test_a_second_snakemake_says_who_is_at_work_and_harms_nothing(project, expected):
    first = start(project, *TARGETS)
    wait_for_training(project)
    # So that it is still at work when the second one starts, however quick the machine.
    os.killpg(first.pid, signal.SIGSTOP)
    second = run_snakemake(project, *WARM, *TARGETS)
    os.killpg(first.pid, signal.SIGCONT)
    assert second.returncode == 1
    assert "already running in this folder (process" in second.stdout
    assert first.wait(timeout=LIMIT) == 0
    assert results(project) == expected


def mount_over(folder: Path, options: str) -> None:
    """Put a file system of its own over a folder, with what the folder holds."""
    kept = folder.rename(folder.with_name("kept"))
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", folder], check=True)
    shutil.copytree(kept, folder, symlinks=True, dirs_exist_ok=True)
    remount(folder, options)


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", folder], check=True)


@needs_mount
def test_a_full_disk_is_named_and_mended(project, expected):
    """Room for what one run leaves, but not for that of each."""
    folder = project / "results"
    pages = sum(-(-path.stat().st_size // 4096) for path in folder.rglob("*") if path.is_file())
    mount_over(folder, f"size={4 * pages + 110}k")
    try:
        full = run_snakemake(project, *WARM, *TARGETS)
        assert full.returncode == 1
        assert "Error in rule train" in full.stdout
        assert "No space left on device" in full.stdout
        assert not (project / TARGETS[0]).exists()
        remount(folder, "size=200m")
        make(project, *TARGETS)
        assert results(project) == expected
    finally:
        subprocess.run(["umount", folder], check=True)


@needs_mount
def test_a_read_only_results_folder_is_named_and_mended(project, expected):
    folder = project / "results"
    mount_over(folder, "ro")
    try:
        closed = run_snakemake(project, *WARM, *TARGETS)
        assert closed.returncode == 1
        assert "Read-only file system" in closed.stdout
        remount(folder, "rw")
        make(project, *TARGETS)
        assert results(project) == expected
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("jump", ["-1 year", "+1 year"])
def test_files_of_another_time_are_not_made_again(project, expected, jump):
    """As after a clock that was set wrong while a part of the files was made."""
    make(project, *TARGETS)
    # The inputs alone: their time says that they changed, their content that they did not.
    for name in ("config", "resources"):
        files = [path for path in (project / name).rglob("*") if path.is_file()]
        subprocess.run(["touch", "-d", jump, *files], check=True)
    assert "Nothing to be done" in make(project, *TARGETS).stdout
    assert results(project) == expected
    assert len(list(project.glob("results/runs/*/*/*/*/metrics.json"))) == POINTS
