"""A table of predictors with features asks for those of the study's networks, and no other."""

import re

from checkout import copy_checkout, run_snakemake

STUDY = """
title: Which network to take
source: runs
selection: as_published
parts:
  main:
    datasets: [aptos, eurosat]
    models: [squeezenet1_1, resnet50, deit_tiny, convnext_tiny]
    recipe: linear_probe
imagenet_top1: library
threshold: 70
intervals: {samples: 100, seed: 1, level: 0.95}
figures: {}
tables:
  table01: {view: predictors, features: true}
  table02: predictors
"""


def planned(folder, *targets) -> dict[str, int]:
    done = run_snakemake(folder, "--dry-run", *targets)
    assert done.returncode == 0, done.stdout[-3000:]
    return {rule: int(n) for rule, n in re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M)}


def test_features_are_asked_for_where_the_table_shows_them(tmp_path):
    folder = copy_checkout(tmp_path / "checkout")
    (folder / "config/studies/own.yaml").write_text(STUDY)
    scores = planned(folder, "results/own/predictors.csv")
    assert scores["extract_features"] == 8 and scores["predict_transfer"] == 1
    # Without any training.
    assert scores["fetch_weights"] == 4 and "train" not in scores
    both = planned(folder, "results/own/tables/table01.csv")
    assert (both["extract_features"], both["train"]) == (8, 2 * 4 * 15)
    alone = planned(folder, "results/own/tables/table02.csv")
    assert "extract_features" not in alone and alone["train"] == 2 * 4 * 15
