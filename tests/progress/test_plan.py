"""The plan: Snakemake's own answer on real workflows, and the estimate of hours."""

import csv
import io
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from stand_in_tables import a_dataset, a_model
from training_process import RECIPES

import plan
from transfer.errors import UserError
from transfer.progress.cost import Estimate, Measured, Speed, Work
from transfer.progress.disk import Need
from transfer.progress.dry_run import Output, outputs, start_dry_run
from transfer.progress.planned import (
    Space,
    datasets_to_prepare,
    fate,
    rows_of,
    spaces_of,
    to_csv,
)
from transfer.progress.states import RunState
from transfer.progress.work import DatasetSize, read_speeds, works
from transfer.study.expected import Run
from transfer.study.recipes import read_recipes

ROOT = Path(__file__).parents[2]
# Two runs with settings of their own, and a table of both.
WORKFLOW = """
    rule all:
        input: "table.txt"
    rule table:
        input: "runs/one.txt", "runs/two.txt"
        output: "table.txt"
        shell: "cat {input} > {output}"
    rule train:
        input: "data.txt"
        output: "runs/{name}.txt"
        params: settings=lambda wildcards: config[wildcards.name]
        shell: "echo {params.settings} > {output}"
"""


@pytest.fixture
def workflow(tmp_path, monkeypatch):
    (tmp_path / "Snakefile").write_text(textwrap.dedent(WORKFLOW))
    (tmp_path / "data.txt").write_text("data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_all(**config):
    settings = [f"{key}={value}" for key, value in config.items()]
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--config", *settings]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def planned(**config):
    settings = [f"{key}={value}" for key, value in config.items()]
    found = outputs(start_dry_run(["table.txt"], ["--config", *settings]))
    return {output.path: fate(output, "waiting") for output in found}


def test_before_during_and_after(workflow):
    assert set(planned(one=1, two=1).values()) == {"new"}
    run_all(one=1, two=1)
    assert set(planned(one=1, two=1).values()) == {"done"}
    # An edit to the settings of one run alone, and what is made from it.
    expected = {"runs/one.txt": "done", "runs/two.txt": "again", "table.txt": "again"}
    assert planned(one=1, two=2) == expected
    # The plan made nothing.
    assert (workflow / "runs/two.txt").read_text() == "1\n"
    (workflow / "runs/one.txt").unlink()
    (workflow / "table.txt").unlink()
    assert planned(one=1, two=1) == {
        "runs/one.txt": "new",
        "runs/two.txt": "done",
        "table.txt": "new",
    }


def test_runs_that_nothing_asks_for_are_done_or_left_out():
    assert fate(None, "done") == fate(None, "diverged") == "done"
    assert fate(None, "waiting") == fate(None, "stopped") == "left out"
    run = Run("a", "m", "r", "hp0")
    (row,) = rows_of("s", [run], {run: "left out"}, {run: Estimate(1800.0, "x")})
    assert (row.to_come, row.known_seconds) == (0, 0)


def test_new_data_trains_again(workflow):
    run_all(one=1, two=1)
    time.sleep(1.1)
    (workflow / "data.txt").write_text("other data")
    assert planned(one=1, two=1)["runs/one.txt"] == "again"


def test_a_workflow_that_cannot_be_planned_says_why(workflow):
    (workflow / "data.txt").unlink()
    with pytest.raises(UserError, match=r"data\.txt"):
        planned(one=1, two=1)


def test_time_of_a_run_is_taken_from_the_nearest_measurement():
    run, sibling = Run("a", "m", "r", "hp1"), Run("a", "m", "r", "hp0")
    elsewhere = Run("b", "m", "r", "hp0")
    work = Work(train_images=900, evaluated_images=300, epochs=10, image_size=224)
    published = {"m": Speed(100.0, 224, "a paper")}
    sizes = {run: 224, sibling: 224, elsewhere: 112}

    def estimate(*states):
        return Measured(states, sizes).estimate(run, work, published)

    # 1000 training images' worth an epoch.
    assert estimate() == Estimate(pytest.approx(100), "a paper")
    done = RunState(sibling, "done", 0.5, 50.0, 900, seconds=70.0)
    other = RunState(elsewhere, "done", 0.5, 800.0, 100, seconds=1.0)
    # At half the side four times as quick, so 200 images a second here.
    assert estimate(other).seconds == pytest.approx(50)
    assert "112 px" in estimate(other).source
    assert estimate(other, done).seconds == 70.0
    diverged = RunState(sibling, "diverged", None, 50.0, 900, seconds=3.0)
    assert estimate(diverged).seconds == pytest.approx(100)
    slow = RunState(sibling, "done", 0.5, 5.0, 900, seconds=700.0, device="x86_64 CPU, 2 threads")
    assert estimate(slow) == Estimate(700.0, "1 finished run on a CPU")
    # CPU runs say nothing about GPU time once a GPU was used, even on another dataset.
    assert estimate(slow, other) == estimate(other)
    assert Measured([], sizes).estimate(run, work, {}) == Estimate(None, None)
    unsized = Work(None, None, 10, 224)
    assert Measured([], sizes).estimate(run, unsized, published).seconds is None


@pytest.mark.parametrize(
    ("text", "images", "evaluations"),
    [
        ("epochs: 5", 5 * 900, 5),
        ("steps: 100, step_milestones: [1]", 100 * 12, 1),
        ("steps: 100, step_milestones: [1], evaluate_every: 30", 100 * 12, 4),
        # A batch is no larger than the data.
        ("steps: 100, step_milestones: [1], batch_size: 1000", 100 * 900, 1),
    ],
)
def test_steps_cost_the_images_that_they_train_on(tmp_path, text, images, evaluations):
    (tmp_path / "r.yaml").write_text(f"{RECIPES}own: {{like: quick, {text}}}\n")
    run, model = Run("a", "own", "own", "hp"), {"own": a_model()}
    sizes = {"a": DatasetSize(900, 300, 3, True)}
    [work] = works([run], read_recipes(tmp_path), model, sizes).values()
    # An image evaluated costs a third of one trained on.
    assert work.seconds(1.0) == pytest.approx(images + evaluations * 300 / 3)


def test_the_plan_ends_in_a_total():
    runs = [Run("a", "m", "r", f"hp{number}") for number in range(46)]
    unknown = Run("a", "alexnet", "r", "hp0")
    estimates = dict.fromkeys(runs, Estimate(2 * 86400.0, "x")) | {unknown: Estimate(None, None)}
    total = plan.total_of([*runs, unknown], estimates, [1, 4], " (no GPU here; see --gpus)")
    assert total.splitlines() == [
        "Total: 47 runs to train, 2,208 h of GPU time: 92 days on 1 GPU, 23 days on 4 GPUs "
        "(no GPU here; see --gpus).",
        "Not included: 1 run of unknown speed: alexnet.",
        "Downloads, preparation and distances take additional time.",
    ]
    assert plan.total_of([], {}, [4], "") == "Total: no runs left to train."
    assert plan.total_of([unknown], estimates, [4], "").startswith("Total: 1 run to train.")


def test_the_csv_has_points_and_no_made_up_hours():
    runs = [Run("a", "m", "r", f"hp{i}") for i in range(4)] + [Run("b", "m", "r", "hp0")]
    fates = dict(zip(runs, ["done", "new", "again", "new", "new"], strict=True))
    estimates = dict.fromkeys(runs[:4], Estimate(1800.0, "x")) | {runs[4]: Estimate(None, None)}
    spaces = [Space("a", Need(5 * 10**8), Need(0, ("a",)), Need(0))]
    lines = csv.DictReader(io.StringIO(to_csv(rows_of("s", runs, fates, estimates), spaces)))
    first, second, *room = lines
    assert (first["runs"], first["done"], first["new"], first["again"]) == ("4", "1", "2", "1")
    assert first["hours"] == "1.50"
    assert (second["hours"], second["source"]) == ("", "no speed known")
    assert [(line["what"], line["gigabytes"]) for line in room] == [
        ("downloads", "0.500"),
        ("store", ""),
        ("files of runs", "0.000"),
    ]


def test_room_is_reckoned_for_what_would_be_made():
    source = {"homepage": "", "kind": "http", "files": [{"name": "a.zip", "size": 10}]}
    described = a_dataset(source=source, short_side=8, evaluation_sizes=[])
    found = [
        Output("results/data/a/index.csv", "prepare", "missing", True),
        Output("results/data/b/index.csv", "prepare", "ok", False),
    ]
    assert datasets_to_prepare(found) == {"a"}
    run, sizes = Run("b", "m", "r", "hp0"), {"b": DatasetSize(9, 4, 2, True)}
    datasets = {"a": described, "b": described, "c": described}
    work = {run: Work(9, 4, 1, 8)}
    first, second = spaces_of(datasets, {"a"}, [run], work, sizes, Path("not there"))
    assert (first.dataset, first.downloads, first.store) == ("a", Need(10), Need(0, ("a",)))
    assert (second.dataset, second.downloads, second.store) == ("b", Need(0), Need(0))
    assert second.runs.bytes > 0


def test_published_speeds_are_of_models_that_there_are():
    speeds = read_speeds(ROOT / "config/throughput.tsv")
    lines = (ROOT / "config/models.tsv").read_text(encoding="utf-8").splitlines()
    assert set(speeds) <= {line.split("\t")[0] for line in lines}
    assert all(speed.source.startswith("NVIDIA") for speed in speeds.values())


def test_a_broken_study_is_named_and_the_others_are_planned(checkout):
    """With its file and line, and not as an error of the program."""
    (checkout / "config/studies/own.yaml").write_text("title: [unfinished\n")

    def plan(study):
        command = [sys.executable, "scripts/plan.py", "--study", study]
        return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120)

    other, own = plan("demo"), plan("own")
    assert (other.returncode, own.returncode) == (0, 1)
    assert "Study demo" in other.stdout and "Total: 81 runs to train." in other.stdout
    for done in (other, own):
        assert "config/studies/own.yaml: not valid YAML" in done.stderr
        assert "Traceback" not in done.stderr
