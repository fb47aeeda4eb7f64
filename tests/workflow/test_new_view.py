"""A further view is one script and one line of a study; any subset of the views is a study."""

import re
from pathlib import Path

import pandas as pd
import pytest
from checkout import copy_checkout, run_snakemake

# Two models above the threshold: too few for a line. One dataset, and no table of correlations.
STUDY = """
title: One dataset, drawn in a new way
paper: fang2023
source: published
parts:
  main:
    datasets: [aptos]
    models: [alexnet, resnet50, vgg16_bn, mobilenet_v3_small]
    recipe: finetune
imagenet_top1: published
threshold: 70
intervals: {samples: 100, seed: 1, level: 0.95}
figures:
  figure2: {view: ranked, color: red}
tables:
  table01: values
"""
VIEW = '''"""Every model in the order of its values, the best at the top."""

import matplotlib.pyplot as plt

from transfer.drawing.style import Drawing
from transfer.results.table import StudyResults, part_values

READS = ("results",)
OPTIONS = {"color": {"enum": ["red", "blue"], "default": "blue"}}


def draw(results: StudyResults, *, color: str) -> Drawing:
    values = part_values(results).iloc[:, 0].sort_values()
    figure, ax = plt.subplots()
    ax.barh(results.models.loc[values.index, "name"], values, color=color)
    return Drawing(figure, f"The models by value, in {color}.")
'''
TABLE = '''"""How many models there are."""

import pandas as pd

from transfer.drawing.tables import Column, Table
from transfer.results.table import StudyResults, part_values

READS = ("results",)


def make(results: StudyResults) -> Table:
    counted = part_values(results).count()
    frame = pd.DataFrame({"dataset": counted.index, "models": counted.to_numpy()})
    columns = [Column("dataset", "Dataset"), Column("models", "Models")]
    return Table(frame, columns, "Models with a value.")
'''
RESULTS = Path("results", "published", "small")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A checkout with a small study of printed numbers, made once, and a further view."""
    folder = copy_checkout(tmp_path_factory.mktemp("views") / "a chéckout")
    (folder / "config/studies/published/small.yaml").write_text(STUDY)
    (folder / "scripts/figures/ranked.py").write_text(VIEW)
    done = run_snakemake(folder, str(RESULTS / "paper.html"))
    assert done.returncode == 0, done.stdout[-3000:]
    return folder


def test_its_outputs_and_its_page_are_there(project):
    assert {path.name for path in (project / RESULTS / "figures").iterdir()} == {
        f"figure2.{suffix}" for suffix in ("svg", "pdf", "png", "md")
    }
    page = (project / RESULTS / "paper.html").read_text(encoding="utf-8")
    assert "The models by value, in red." in page
    assert re.findall(r'id="((?:figure|table)\d+)"', page) == ["figure2", "table01"]
    assert 'href="../../../scripts/figures/ranked.py"' in page
    assert len(pd.read_csv(project / RESULTS / "tables" / "table01.csv")) == 4


def test_one_more_line_asks_for_that_and_no_other(project):
    (project / "scripts/tables/counts.py").write_text(TABLE)
    study = project / "config/studies/published/small.yaml"
    study.write_text(f"{STUDY}  table02: counts\n")
    planned = run_snakemake(project, "--dry-run", str(RESULTS / "paper.html"))
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", planned.stdout, re.M))
    assert jobs == {"table": "1", "paper": "1", "total": "2"}, planned.stdout[-3000:]
    target = str(RESULTS / "tables" / "table02.csv")
    done = run_snakemake(project, target, "-R", "table", "--allowed-rules", "table")
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M)[:2] == [("table", "1"), ("total", "1")]
    assert pd.read_csv(project / target)["models"].tolist() == [4]
    text = (project / target).with_suffix(".md").read_text()
    assert text.startswith("Models with a value.")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("color: red", "colour: red", "scripts/figures/ranked.py: unknown key 'colour'"),
        ("view: ranked", "view: rankd", "no view 'rankd' in scripts/figures; did you mean"),
    ],
)
def test_a_mistake_in_the_line_is_named(project, old, new, says):
    (project / "config/studies/published/small.yaml").write_text(STUDY.replace(old, new))
    done = run_snakemake(project, "--dry-run", str(RESULTS / "paper.html"))
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert "small.yaml: figures.figure2: " in done.stdout and says in done.stdout
