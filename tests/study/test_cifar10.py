"""Figure 6 and its table: CIFAR-10 against ImageNet, from the part `cifar10` of a study."""

import numpy as np
import pandas as pd
import pytest
from published import ACCURACIES, ROOT, TOP1
from views import drawn, made_table

from transfer.study.study import read_study

STUDY = ROOT / "config" / "studies" / "fang2023.yaml"
# Rises with ImageNet top-1, with some noise that is the same every time.
CIFAR10 = (0.85 + 0.15 * TOP1 + 0.01 * np.sin(np.arange(len(TOP1)) * 7.0)).round(4)
BETTER = TOP1 > 0.7


@pytest.fixture
def given(tmp_path) -> list:
    """What the views read of a study with its CIFAR-10 runs alone, but for AlexNet's."""
    cells = [
        {"dataset": dataset, "model": model, "recipe": part.recipe, "metric": "accuracy"}
        for part in read_study(STUDY).parts.values()
        for dataset in part.datasets
        for model in part.models
    ]
    table = pd.DataFrame(cells).assign(hp="", best_epoch="", n_expected=60, n_diverged=0)
    known = (table["dataset"] == "cifar10") & (table["model"] != "alexnet")
    table["value"] = table["model"].map(CIFAR10).where(known)
    table["n_runs"] = np.where(known, 60, 0)
    table.to_csv(tmp_path / "results.csv", index=False)
    config = ROOT / "config"
    flags = ["--results", tmp_path / "results.csv", "--study", STUDY]
    flags += ["--models", config / "models.tsv", "--datasets", config / "datasets.yaml"]
    flags += ACCURACIES
    return flags


def test_its_figure_shows_every_model_and_the_lines(given):
    figure = drawn("against_imagenet", *given, part="cifar10")
    (ax,) = figure.axes
    points = [tuple(mark.get_offsets()[0]) for mark in ax.collections if len(mark.get_offsets())]
    marked = sorted(point for point in points if point[0] > 0.5)
    expected = zip(TOP1.drop("alexnet"), CIFAR10.drop("alexnet"), strict=True)
    assert np.allclose(marked, sorted(expected))
    r = np.corrcoef(TOP1[BETTER], CIFAR10[BETTER])[0, 1]
    slope = np.polyfit(TOP1[BETTER], CIFAR10[BETTER], 1)[0]
    assert ax.get_title("right") == f"r {r:.2f}, slope {slope:.2f}"
    assert ax.get_title("left") == "CIFAR-10"
    assert "1080 of 1140 runs" in figure.legends[0].get_title().get_text().replace("\n", " ")


def test_its_table_has_the_values_and_both_correlations(tmp_path, given):
    output = tmp_path / "table_cifar10.csv"
    made_table("values", output, *given, parts=["cifar10"], fit=True)
    made = pd.read_csv(output).set_index("model")
    assert np.isnan(made.loc["alexnet", "cifar10"])
    assert made["cifar10"].drop("alexnet").tolist() == CIFAR10.drop("alexnet").tolist()
    note = output.with_suffix(".md").read_text(encoding="utf-8").partition("\n")[0]
    there = TOP1.index != "alexnet"
    for chosen, words in (
        (there, "over the 18 models,"),
        (BETTER, f"over the {BETTER.sum()} models above 70 % top-1."),
    ):
        r = np.corrcoef(TOP1[chosen], CIFAR10[chosen])[0, 1]
        slope = np.polyfit(TOP1[chosen], CIFAR10[chosen], 1)[0]
        assert f"{r:.2f} and {slope:.2f} {words}" in note
