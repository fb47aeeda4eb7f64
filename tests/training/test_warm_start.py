"""A script behaves the same in a forked process and in a new one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import running

WARM_START = Path(__file__).parents[2] / "scripts" / "warm_start.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    # A server of this test's own, which ends half a minute after its last caller.
    return os.environ | {"TMPDIR": str(tmp_path_factory.mktemp("t"))}


def command(tmp_path: Path, code: str) -> list[str]:
    script = tmp_path / "script.py"
    script.write_text(code)
    return [sys.executable, str(WARM_START), str(script), "--flag", "two words"]


def test_folder_environment_arguments_streams_and_status_are_the_callers(tmp_path, environment):
    code = (
        "import os, sys\n"
        "assert 'torch' in sys.modules\n"
        "print(os.getcwd(), sys.argv[1:], os.environ['HERE'], sys.stdin.read())\n"
        "print('problem', file=sys.stderr)\n"
        "sys.exit(7)\n"
    )
    done = subprocess.run(
        command(tmp_path, code),
        cwd=tmp_path,
        env=environment | {"HERE": "yes"},
        input="typed",
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.stdout == f"{tmp_path} ['--flag', 'two words'] yes typed\n"
    assert done.stderr == "problem\n" and done.returncode == 7


def test_an_exception_is_shown_and_fails(tmp_path, environment):
    done = subprocess.run(
        command(tmp_path, "raise ValueError('failed')\n"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert done.returncode == 1 and "ValueError: failed" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_caller_takes_the_script_with_it(tmp_path, environment, number):
    code = "import os, time\nopen('pid.part', 'w').write(str(os.getpid()))\n"
    code += "os.rename('pid.part', 'pid')\ntime.sleep(100)\n"
    caller = subprocess.Popen(command(tmp_path, code), cwd=tmp_path, env=environment)
    deadline = time.monotonic() + 150
    while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int((tmp_path / "pid").read_text())
    assert running(child)
    caller.send_signal(number)
    caller.wait(timeout=30)
    while running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(child)
