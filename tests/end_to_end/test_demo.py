"""The demo as it is shipped: what its numbers say, and that kills change none of them.

KILLS=20 pytest -m long tests/end_to_end/test_demo.py kills it more often than every day's six.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from checkout import ROOT, copy_checkout, run_snakemake
from demo_study import make, start

KILLS = int(os.environ.get("KILLS", "6"))
RESULTS = "results/demo/results.csv"
PAGE = "results/demo/paper.html"
# What a network reaches that has learned nothing: any one class, or all labels of every image.
CHANCE = {
    "accuracy": 0.11,
    "roc_auc": 0.5,
    "quadratic_weighted_kappa": 0.0,
    "macro_f1": 0.62,
    "source": 1 / 40,
}

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The finished demo: that of this checkout, if `make demo` has made it, or else another."""
    planned = run_snakemake(ROOT, "--dry-run", PAGE)
    if planned.returncode == 0 and "Nothing to be done" in planned.stdout:
        return ROOT
    project = copy_checkout(tmp_path_factory.mktemp("demo") / "project")
    make(project, PAGE)
    return project


def table(project: Path, name: str) -> pd.DataFrame:
    path = project / f"results/demo/tables/{name}.csv"
    return pd.read_csv(path, index_col=0)


def test_pre_training_helps_at_least_half_of_the_networks(made):
    gains = table(made, "table_gains")
    assert len(gains) >= 8
    sure = gains["gain"] > 2 * gains["standard_error"]
    assert sure.sum() >= len(gains) / 2
    # Of metrics between 0 and 1 on 847 images.
    assert gains["standard_error"].between(0.002, 0.03).all()


def test_the_networks_differ_on_the_source_task(made):
    source = table(made, "table_means").loc["predictor"]
    assert source["highest"] - source["lowest"] >= 0.2


def test_no_cell_is_at_chance(made):
    results = pd.read_csv(made / RESULTS)
    assert set(results["recipe"]) == {"pretrain_tiny", "finetune_tiny", "scratch_tiny"}
    chance = results["metric"].map(CHANCE)
    chance[results["recipe"] == "pretrain_tiny"] = CHANCE["source"]
    assert (results["value"] > chance + 0.02).all()


def test_the_page_answers_its_own_title(made):
    page = (made / PAGE).read_text()
    means = table(made, "table_means")
    assert f"<strong>{means.loc['main', 'predicted']}</strong>" in page
    assert "figure_gains" in page


def kill(process: subprocess.Popen, victim: str, chance: random.Random) -> None:
    """SIGKILL to snakemake alone, to it and all its jobs, or to one process of a job."""
    if victim == "one of its jobs":
        children = psutil.Process(process.pid).children(recursive=True)
        if children:
            chance.choice(children).kill()
            # Its other jobs go on; the next kill is due before they all end.
            time.sleep(2)
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "snakemake with its jobs":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def test_killed_at_random_moments_it_ends_with_the_same_results(made, tmp_path):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    print(f"moments and victims of seed {seed}")
    project = copy_checkout(tmp_path / "project")
    killed = 0
    for _ in range(5 * KILLS):
        process = start(project, RESULTS)
        victim = ("snakemake", "snakemake with its jobs", "one of its jobs")[killed % 3]
        # From the reading of the tables on: some kills meet it preparing, some training.
        try:
            process.wait(chance.uniform(2, 20))
        except subprocess.TimeoutExpired:
            kill(process, victim, chance)
            killed += 1
            done = len(list(project.glob("results/runs/*/*/*/*/metrics.json")))
            print(f"kill {killed}: {victim}, {done} runs done")
        else:
            # A machine too quick for so many kills gets more to do.
            runs = sorted(project.glob("results/runs/*/*/*/*"))
            for run in chance.sample(runs, len(runs) // 2):
                shutil.rmtree(run)
        if killed == KILLS:
            break
    assert killed == KILLS, "too few kills met it at work"
    make(project, RESULTS)
    assert (project / RESULTS).read_bytes() == (made / RESULTS).read_bytes()
