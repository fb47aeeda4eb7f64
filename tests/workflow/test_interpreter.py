"""Rules run in the interpreter that runs Snakemake, whatever `python` is on the path."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from checkout import run_snakemake

TARGET = "results/published/fang2023/tables/table02.csv"


@pytest.fixture
def path(tmp_path) -> str:
    """A path on which `python` fails, as one without the project's packages would."""
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'not this one' >&2\nexit 3\n")
    program.chmod(0o755)
    return f"{program.parent}{os.pathsep}{os.defpath}"


@pytest.fixture
def interpreter(tmp_path) -> Path:
    """This environment's packages, and an interpreter whose path a shell could take apart."""
    folder = tmp_path / "an {odd} environment's $HOME"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "this.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return folder / "bin" / "python"


def test_another_python_on_the_path_is_not_used(checkout, path, interpreter):
    command = [str(interpreter), "-m", "snakemake", "--cores", "2", TARGET]
    environment = os.environ | {"PATH": path}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert (checkout / TARGET).is_file()
    # By another interpreter there is nothing to do.
    again = run_snakemake(checkout, "--dry-run", TARGET, PATH=path)
    assert "Nothing to be done" in again.stdout


@pytest.mark.parametrize(
    ("options", "program"), [([], sys.executable), (["--sdm", "apptainer"], "python")]
)
def test_an_environment_of_the_rules_brings_its_own(checkout, options, program):
    done = run_snakemake(checkout, "--dry-run", "--printshellcmds", *options, "--", TARGET)
    assert done.returncode == 0, done.stdout[-3000:]
    for script in ("published_results.py --published", "make_table.py correlation"):
        assert f" {program} scripts/{script} " in done.stdout


def test_no_rule_names_another_interpreter():
    rules = (Path(__file__).parents[2] / "workflow" / "rules").glob("*.smk")
    found = [line for path in rules for line in path.read_text().splitlines()]
    assert any("{PYTHON} " in line for line in found)
    assert [line for line in found if '"python' in line or " python scripts" in line] == []
