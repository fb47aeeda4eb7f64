"""A run whose record was deleted is made again, and every command reports it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from demo_study import part_of_the_demo

pytestmark = pytest.mark.long
PAGE = "results/demo/paper.html"
RECORD = {
    "status": "completed",
    "value": 0.5,
    "seconds": 1.0,
    "images_per_second": 100.0,
    "images_per_epoch": 100,
    "device": "x86_64 CPU, 2 threads",
}
# Stands in for train.py and select_runs.py: makes what it is asked for.
MAKE = f"""
import sys
from pathlib import Path

for option, path in zip(sys.argv, sys.argv[1:]):
    if option == "--predictions":
        Path(path).mkdir(parents=True)
    if option == "--output":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text({json.dumps(RECORD)!r})
"""


def jobs(output: str) -> dict[str, int]:
    """Jobs per rule of a dry run."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+) *$", table, re.M)}


@pytest.fixture(scope="module")
def finished(tmp_path_factory, snakemake) -> Path:
    """A study of six runs of which every file is there, up to its page."""
    folder = tmp_path_factory.mktemp("deleted") / "project"
    project = part_of_the_demo(folder, ["digits_rare", "digits_grades"], ["lcnet_050"])
    for script in ("train.py", "select_runs.py"):
        (project / "scripts" / script).write_text(MAKE)
    summary = snakemake(project, "--summary", PAGE).stdout.partition("output_file\t")[2]
    for line in summary.splitlines()[1:]:
        path = project / line.split("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "predictions":
            path.mkdir()
        else:
            path.write_text(json.dumps(RECORD))
    # Snakemake takes the files for its own, and notes the params that they were made with.
    touched = snakemake(project, "--touch", PAGE)
    assert touched.returncode == 0, touched.stdout[-3000:]
    return project


def words(project: Path, script: str) -> str:
    """What a script says of the demo study, blanks and dots left out."""
    command = [sys.executable, f"scripts/{script}.py", "--study", "demo"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.sub(r"[ ·]+", " ", done.stdout)


def test_a_deleted_record_is_planned_made_and_forgotten(finished, snakemake):
    record, other = sorted(finished.glob("results/runs/digits_grades/*/*/*/metrics.json"))[:2]
    record.unlink()
    planned = snakemake(finished, "--dry-run", PAGE)
    # The tables and figures of the datasets and of distances are none of its business.
    once = dict.fromkeys(["train", "select_runs", "figure", "paper"], 1)
    assert jobs(planned.stdout) == once | {"table": 4}
    assert str(record.relative_to(finished)) in planned.stdout
    assert str(other.relative_to(finished)) not in planned.stdout
    # Runs, done, new, again; and done, running, diverged, failed, stopped, waiting.
    plan = words(finished, "plan")
    assert re.search(r"all 6 5 1 0 ", plan), plan
    assert "a run is missing" in plan
    assert re.search(r"all 6 runs 5 0 0 0 0 1 ", words(finished, "status"))

    made = snakemake(finished, "results/demo/results.csv")
    assert made.returncode == 0, made.stdout[-3000:]
    assert json.loads(record.read_text()) == RECORD
    again = snakemake(finished, "--dry-run", "results/demo/results.csv")
    assert "Nothing to be done" in again.stdout


def test_a_partial_study_does_without_it(finished, snakemake):
    record = next(finished.glob("results/runs/digits_rare/*/*/*/metrics.json"))
    content = record.read_bytes()
    record.unlink()
    try:
        partial = ("--config", "allow_partial=true", "--", "results/demo/results.csv")
        assert jobs(snakemake(finished, "--dry-run", *partial).stdout) == {"select_runs": 1}
    finally:
        record.write_bytes(content)


def test_what_a_failed_selection_took_with_it_is_asked_for_again(finished, snakemake):
    """Snakemake deletes the outputs of a rule that fails, and pages made from them stay."""
    # Selected once, by the stand-in: the number of the selection is kept.
    assert snakemake(finished, "--force", "results/demo/results.csv").returncode == 0
    (finished / "scripts" / "select_runs.py").write_text("raise SystemExit('records disagree')")
    failed = snakemake(finished, "--force", "results/demo/results.csv")
    assert failed.returncode == 1 and not (finished / "results/demo/results.csv").exists()
    assert (finished / PAGE).exists()
    planned = jobs(snakemake(finished, "--dry-run", PAGE).stdout)
    assert planned["select_runs"] == planned["figure"] == planned["paper"] == 1
    assert "train" not in planned
    assert snakemake(finished, PAGE).returncode == 1
