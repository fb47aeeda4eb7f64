"""An edit to what no result depends on trains nothing again; an edit to the science does."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "same"),
    [
        ("training/cards.py", True),
        ("progress/report.py", True),
        ("fingerprint.py", True),
        ("errors.py", True),
        ("command_line.py", True),
        ("locks.py", True),
        ("training/finetune.py", False),
        ("training/augment.py", False),
    ],
)
def test_fingerprint_of_training(tmp_path, module, same):
    scripts = tmp_path / "scripts"
    shutil.copytree(ROOT / "scripts", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from transfer.fingerprint import fingerprint; print(fingerprint('train.py'))"

    def fingerprint():
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
        )
        return done.stdout

    before = fingerprint()
    with (scripts / "transfer" / module).open("a") as file:
        file.write("\n\nADDED = 1\n")
    assert (fingerprint() == before) is same
