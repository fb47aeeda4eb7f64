"""Code that is edited between reading a run and importing it trains nothing."""

import os
import subprocess
import sys

import pytest
from prepared_dataset import write_dataset
from training_process import HP, RECIPES

# A GPU is waited for between the two; here the wait is an edit.
EDITED_WHILE_WAITING = """
import contextlib, sys
from pathlib import Path
sys.path.insert(0, "scripts")
import train
from transfer.command_line import run

edit, lease = sys.argv.pop(1), train.leased_gpu

@contextlib.contextmanager
def late(*arguments):
    path = Path("scripts/transfer/training/optim.py")
    path.write_text(path.read_text().replace("MOMENTUM = 0.9", edit))
    with lease(*arguments) as found:
        yield found

train.leased_gpu = late
run(train.main)
"""


@pytest.mark.parametrize(("edit", "trains"), [("MOMENTUM = 0.5", False), ("MOMENTUM = 0.9", True)])
def test_a_run_is_what_its_record_says(checkout, tmp_path, edit, trains):
    data = write_dataset(tmp_path / "squares", counts=(("train", 12), ("val", 6), ("test", 6)))
    (tmp_path / "recipes.yaml").write_text(RECIPES)
    output = tmp_path / HP / "metrics.json"
    done = subprocess.run(
        [
            sys.executable, "-c", EDITED_WHILE_WAITING, edit, "--data", data,
            "--model", "mobilenet_v3_small", "--recipe", "shorter", "--hp", HP,
            "--recipes", tmp_path / "recipes.yaml", "--output", output, "--device", "cpu",
        ],
        cwd=checkout, capture_output=True, text=True, timeout=120, env=os.environ, check=False,
    )  # fmt: skip
    assert output.exists() is trains, done.stdout + done.stderr
    assert ("was edited before this run began" in done.stderr) is not trains
