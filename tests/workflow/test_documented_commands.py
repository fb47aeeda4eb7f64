"""Every Snakemake command that the documentation names is understood, target included."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from snakemake.cli import parse_args
from snakemake_targets import targets_first

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "config/README.md", "workflow/profiles/slurm/config.yaml")
# A command as code: in backticks, on a line of its own, or after a colon.
COMMAND = re.compile(r"(?:`|^|: )(?:uv run )?(snakemake [^`#]*?)(?:`|\s+#|$)", re.M)


def commands():
    """Page and command; a line's end in the middle of one is a blank."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8").replace("```", "")
        text = re.sub(r"`[^`]*`", lambda code: code[0].replace("\n", " "), text)
        for found in COMMAND.finditer(text):
            if " -" in found[1]:
                yield page, found[1].replace("<study>", "fang2023")


@pytest.mark.parametrize(("page", "command"), list(commands()))
def test_the_target_is_not_taken_for_an_option(page, command, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)[1:]
    if words == ["--lint"]:
        return
    _, args = parse_args(targets_first(words))
    assert args.targets, f"{page}: {command}"


def test_the_readme_shows_the_target_first():
    shown = [command.split()[1] for page, command in commands() if page == "README.md"]
    assert shown.count("all") >= 2


@pytest.mark.parametrize("target", ["all", "plan"])
def test_make_hands_on_how_many_gpus(target):
    words = ["make", "--dry-run", target, "GPUS=4", "CORES=8"]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    if target == "plan":
        assert "scripts/plan.py --gpus 4" in said
    else:
        assert "snakemake all --cores 8 --resources gpu=4" in said


def test_the_commands_are_found():
    assert len(list(commands())) >= 8
