"""A study's page shows names and titles as they are, whatever stands in them."""

import html
import importlib
import re
import sys

import pandas as pd
import pytest
from published import ACCURACIES, ROOT, VALUES
from views import made_table

from transfer.page.page import show_recomputed, verdict_groups
from transfer.papers.verdict import compare

CONFIG = ROOT / "config"
NAME = """<script>alert('1')</script> | "a" & $b$"""
STUDY = """
title: TITLE
source: runs
weights: random
parts:
  main:
    datasets: [cct20, eurosat]
    models: [alexnet, resnet50, vgg16_bn, deit_small]
    recipe: finetune
imagenet_top1: published
threshold: 70
intervals: {samples: 100, seed: 0, level: 0.95}
figures: {figure1: against_imagenet}
tables: {table02: correlation, table03: values}
"""
MODELS = ["alexnet", "resnet50", "vgg16_bn", "deit_small"]


@pytest.fixture
def page(tmp_path, monkeypatch) -> str:
    (tmp_path / "names.yaml").write_text(
        STUDY.replace("TITLE", f"'{NAME.replace(chr(39), chr(39) * 2)}'")
    )
    models = (CONFIG / "models.tsv").read_text().splitlines()
    models = [
        line.replace("AlexNet", '"' + NAME.replace('"', '""') + '"', 1)
        if line.startswith("alexnet\t")
        else line
        for line in models
    ]
    (tmp_path / "models.tsv").write_text("\n".join(models) + "\n")
    cells = [
        (dataset, model, "finetune", "accuracy", VALUES.loc[model, dataset])
        for dataset in ("cct20", "eurosat")
        for model in MODELS
    ]
    columns = ["dataset", "model", "recipe", "metric", "value"]
    counts = {"hp": "h", "best_epoch": 1, "n_runs": 1, "n_expected": 1, "n_diverged": 0}
    table = pd.DataFrame(cells, columns=columns).assign(**counts)
    table.to_csv(tmp_path / "results.csv", index=False)
    given = ["--results", tmp_path / "results.csv", "--study", tmp_path / "names.yaml"]
    given += ["--models", tmp_path / "models.tsv", *ACCURACIES]

    tables = [tmp_path / "table02.csv", tmp_path / "table03.csv"]
    for path, view in zip(tables, ("correlation", "values"), strict=True):
        made_table(view, path, *given)

    def make(script: str, name: str, *more) -> None:
        arguments = [script, *more, *given, "--output", tmp_path / name]
        monkeypatch.setattr(sys, "argv", [str(argument) for argument in arguments])
        importlib.import_module(script).main()

    make("draw_figure", "figure1.svg", "against_imagenet")
    further = ["--tables", *tables, "--figures", tmp_path / "figure1.svg"]
    make("paper", "paper.html", *further, "--words", ROOT / "scripts/transfer/page/runs.md")
    return (tmp_path / "paper.html").read_text(encoding="utf-8")


def test_the_verdict_calls_models_and_datasets_by_their_names():
    found = [
        compare("table03", "alexnet", "cct20", "63.59", 64.0),
        compare("table02", "x", "r", "1", 1),
    ]
    (of_values, _) = verdict_groups(
        pd.DataFrame(found), {"alexnet": "AlexNet", "cct20": "Caltech Camera Traps"}
    )
    assert of_values["place"] == "Table 3"
    (row,) = of_values["rows"]
    assert (row["row"], row["column"]) == ("AlexNet", "Caltech Camera Traps")
    assert show_recomputed(row) == "64.00"


def test_names_and_titles_are_text_and_not_html(page):
    body, script = page.split("<script>")
    assert "<script" not in body and "alert" not in script
    assert page.count("<table>") == 4
    cells = re.findall(r"<t([dh])[^>]*>(.*?)</t\1>", page)
    shown = [html.unescape(cell) for _, cell in cells]
    # In Table 3, and on both datasets in Figure 1's values and among the selected runs.
    assert shown.count(NAME) == 5
    assert html.unescape(re.search(r"<h1>(.*?)</h1>", page)[1]) == NAME
