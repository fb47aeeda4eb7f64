"""The real workflow, disturbed: killed, crowded out, locked out, moved in time and place.

Each time the same command finishes afterwards with the same results. The target is a part of
the published study, which needs no data and no network.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("results/published/tables/table02.csv", "results/published/tables/table12.csv")
COMMAND = (sys.executable, "-m", "snakemake", "--cores", "2", *TARGETS)
LIMIT = 300

pytestmark = pytest.mark.long
needs_mount = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


def copy_of_the_project(folder: Path) -> Path:
    for name in ("config", "envs", "resources", "scripts", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__", "downloads", "weights")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "Snakefile", folder)
    (folder / "profiles").symlink_to("workflow/profiles")
    return folder


@pytest.fixture
def project(tmp_path):
    return copy_of_the_project(tmp_path / "project")


def environment(**changed):
    # The steps say `python`: that of this test.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **changed}


def snakemake(project, *command, **changed):
    return subprocess.run(
        command or COMMAND,
        cwd=project,
        env=environment(**changed),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )


def start(project):
    return subprocess.Popen(
        COMMAND,
        cwd=project,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for(path):
    for _ in range(LIMIT * 20):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never came")


def results(project):
    return {target: (project / target).read_bytes() for target in TARGETS}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The results of an undisturbed run."""
    project = copy_of_the_project(tmp_path_factory.mktemp("undisturbed") / "project")
    done = snakemake(project)
    assert done.returncode == 0, done.stderr[-3000:]
    return results(project)


def test_place_zone_and_locale_change_nothing(tmp_path, expected):
    project = copy_of_the_project(tmp_path / "Übung mit Leerzeichen, 学习")
    done = snakemake(project, TZ="Asia/Kathmandu", LC_ALL="de_DE.UTF-8", LANG="de_DE.UTF-8")
    assert done.returncode == 0, done.stderr[-3000:]
    assert results(project) == expected


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_killed_snakemake_is_no_obstacle(project, expected, whole_group):
    """Alone, its jobs go on without it; with its group, they die in the middle."""
    process = start(project)
    wait_for(project / "results/published/logs/published_results.log")
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
    process.wait(timeout=LIMIT)
    done = snakemake(project)
    assert done.returncode == 0, done.stderr[-3000:]
    assert results(project) == expected


def test_a_second_snakemake_says_who_is_at_work_and_harms_nothing(project, expected):
    first = start(project)
    wait_for(project / ".snakemake/working")
    wait_for(project / "results/published/logs/published_results.log")
    second = snakemake(project)
    assert second.returncode == 1
    assert "at work in this folder already (process" in second.stderr
    assert first.wait(timeout=LIMIT) == 0
    assert results(project) == expected


def mount(folder, options):
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)


@needs_mount
def test_a_full_disk_is_named_and_mended(project, expected):
    mount(project / "results", "size=24k")
    try:
        full = snakemake(project)
        assert full.returncode == 1
        assert "No space left on device" in full.stderr + full.stdout
        subprocess.run(["mount", "-o", "remount,size=50m", project / "results"], check=True)
        done = snakemake(project)
        assert done.returncode == 0, done.stderr[-3000:]
        assert results(project) == expected
    finally:
        subprocess.run(["umount", project / "results"], check=True)


@needs_mount
def test_a_read_only_results_folder_is_named_and_mended(project, expected):
    mount(project / "results", "size=50m,ro")
    try:
        closed = snakemake(project)
        assert closed.returncode == 1
        assert "Read-only file system" in closed.stderr + closed.stdout
        subprocess.run(["mount", "-o", "remount,rw", project / "results"], check=True)
        done = snakemake(project)
        assert done.returncode == 0, done.stderr[-3000:]
        assert results(project) == expected
    finally:
        subprocess.run(["umount", project / "results"], check=True)


@pytest.mark.parametrize("jump", ["-1 year", "+1 year"])
def test_files_of_another_time_are_not_made_again(project, expected, jump):
    """As after a clock that was set wrong while a part of the files was made."""
    assert snakemake(project).returncode == 0
    # The inputs alone: their time says that they changed, their content that they did not.
    for name in ("config", "resources"):
        files = [path for path in (project / name).rglob("*") if path.is_file()]
        subprocess.run(["touch", "-d", jump, *files], check=True)
    again = snakemake(project)
    assert again.returncode == 0
    assert "Nothing to be done" in again.stderr + again.stdout
    assert results(project) == expected
