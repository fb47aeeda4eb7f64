"""The documented command requests the whole paper, in the environment of `make setup`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.cli import parse_args
from snakemake_targets import TARGETS, targets_first

ROOT = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).parent / "snakemake"
COMMAND = "--cores 8 --resources gpu=4 all"
# `other` is what Snakemake makes when it is given no target.
WORKFLOW = """
rule other:
    output: "other.txt"
    shell: "touch {output}"

rule figure:
    output: "figure.txt"
    shell: "touch {output}"

rule all:
    input: "figure.txt"
"""


@pytest.fixture
def workflow(tmp_path):
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    return tmp_path


def ran(folder: Path, *program: object, words: str) -> str:
    command = [str(word) for word in program] + words.split()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def test_it_asks_for_the_whole_paper(checkout):
    said = ran(checkout, SNAKEMAKE, words=f"{COMMAND} -n")
    assert re.search(rf"^train +{19 * 7 * 60 + 4 * 2 * 3 * 60}$", said, re.M)
    assert re.search(r"^all +1$", said, re.M)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ([SNAKEMAKE], COMMAND),
        ([sys.executable, "-m", "snakemake"], COMMAND),
        ([SNAKEMAKE], f"{COMMAND} --config key=value"),
        ([sys.executable, "-u", "-m", "snakemake"], "--cores 1 --config key=value all"),
        ([SNAKEMAKE], "--cores 1 -R figure all"),
        ([SNAKEMAKE], "--cores 1 --resources gpu=4 -- all"),
    ],
)
def test_the_target_is_made_and_no_other(workflow, program, words):
    ran(workflow, *program, words=words)
    assert [path.name for path in sorted(workflow.glob("*.txt"))] == ["figure.txt"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--resources gpu=4 mem_mb=9 x.csv all", "x.csv all --resources gpu=4 mem_mb=9"),
        ("-n --cores 8 --resources gpu=4 all", "all -n --cores 8 --resources gpu=4"),
        ("-C key=1 word=2 all --cores 8", "all -C key=1 word=2 --cores 8"),
        ("--resources gpu=4 all -- b", "all --resources gpu=4 -- b"),
        # Rules and files may be forced; which of them is a target cannot be seen.
        ("-R figure1 figure2", "-R figure1 figure2"),
        ("-R all", "-R all"),
        ("--cores all --quiet all", "--cores all --quiet all"),
        ("-- --resources gpu=4 all", "-- --resources gpu=4 all"),
        ("--resources gpu=1 all --mode subprocess", "--resources gpu=1 all --mode subprocess"),
        ("", ""),
    ],
)
def test_what_is_no_target_stays_where_it_is(words, expected):
    arranged = targets_first(words.split())
    assert arranged == expected.split()
    assert targets_first(arranged) == arranged


def test_each_study_is_a_target(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert targets_first(["-R", "figure", "demo"]) == ["demo", "-R", "figure"]
    monkeypatch.chdir(ROOT / "tests")
    assert targets_first(["-R", "figure", "demo"]) == ["-R", "figure", "demo"]


def test_other_programs_do_not_import_it():
    code = "import sys; sys.exit(any('make_t' in name for name in sys.modules))"
    words = [sys.executable, "-c", code, "--resources", "gpu=4", "all"]
    assert subprocess.run(words).returncode == 0


def test_the_named_targets_are_those_of_the_workflow():
    text = (ROOT / "workflow/Snakefile").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^rule (\w+):", text, re.M)) == TARGETS


def test_snakemake_still_takes_the_target_for_a_resource(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        _, args = parse_args(COMMAND.split())
    except ValueError:
        return
    assert not args.targets, "Snakemake parses it by itself: remove envs/snakemake-targets"
