"""Figures of several settings, on the values that Kornblith et al. 2019 draw."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy.special import expit, logit

from transfer.data.dataset import read_datasets
from transfer.drawing.points import POINTS
from transfer.drawing.style import GREEN, use_style
from transfer.drawing.views import view_function
from transfer.errors import UserError
from transfer.papers.paper import read_paper
from transfer.papers.published import published_results, read_printed, read_published
from transfer.results.table import StudyResults, models_table
from transfer.study.model import read_shown_models
from transfer.study.study import read_study
from transfer.study.views import read_view

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "published" / "kornblith2019"
SHOWN = read_study(ROOT / "config" / "studies" / "published" / "kornblith2019.yaml")
DATASETS = read_datasets(ROOT / "config" / "datasets.yaml")
FIGURE2 = read_published(FOLDER, "figure2")


@pytest.fixture(scope="module")
def results() -> StudyResults:
    paper = read_paper(FOLDER)
    cells = published_results(paper, SHOWN, DATASETS)
    numbers = ["value", "reading_precision", "n_runs", "n_expected", "n_diverged"]
    cells[numbers] = cells[numbers].apply(pd.to_numeric)
    models = read_shown_models([ROOT / "config" / "models.tsv", *paper.model_tables])
    networks = read_published(FOLDER, "networks").set_index("model")
    top1 = networks["imagenet_top1"].to_dict()
    return StudyResults(SHOWN, models_table(models), DATASETS, cells, top1)


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def made(kind: str, view: str, *read, **options):
    declared = read_view(kind, view)
    assert not declared.problems(options)
    function = view_function(declared, {"figures": "draw", "tables": "make"}[kind])
    return function(*read, **declared.chosen(options))


def points(ax):
    """The lines of a panel whose points have names."""
    return [line for line in ax.get_lines() if (line.get_gid() or "").startswith(POINTS)]


def test_green_points_of_each_dataset_are_those_that_the_paper_marks(results):
    printed = read_printed(FOLDER, "figure2")
    drawn = made("figures", "dataset_transfer", results, printed, setting="fine_tuned")
    panels = {ax.get_title(loc="left"): ax for ax in drawn.figure.axes}
    assert len(panels) == 12
    for dataset in SHOWN.parts["main"].datasets:
        ax = panels[DATASETS[dataset].short_name]
        rows = FIGURE2[(FIGURE2["setting"] == "fine_tuned") & (FIGURE2["dataset"] == dataset)]
        green = [one for one in points(ax) if to_hex(one.get_color()) == GREEN.lower()]
        heights = expit(np.concatenate([one.get_ydata() for one in green])) * 100
        marked = rows.loc[rows["tied_with_best"], "accuracy"]
        assert np.sort(heights) == pytest.approx(np.sort(marked))
        assert sum(len(one.get_ydata()) for one in points(ax)) == 16
    assert "read off the paper's figures, exact to 0.2 points" in drawn.caption


def test_bars_are_means_on_logits_beside_the_best_published_before(results):
    shown = SHOWN.figures["figure6"]
    printed = read_printed(FOLDER, "figure6")
    drawn = made("figures", "mean_by_setting", results, printed, **shown.options)
    panels = {ax.get_title(loc="left"): ax for ax in drawn.figure.axes}
    food = FIGURE2[FIGURE2["dataset"] == "food101"].groupby("setting", sort=False)["accuracy"]
    means = food.apply(lambda accuracy: logit(accuracy / 100).mean())
    bars = panels["Food-101"].patches
    tops = [bar.get_y() + bar.get_height() for bar in bars]
    assert tops == pytest.approx(list(means))
    lines = {ax.get_title(loc="left"): ax.get_lines() for ax in panels.values()}
    line = [
        one for one in lines["Pets"] if len(one.get_xdata()) == 2 and one.get_marker() == "None"
    ]
    assert [expit(one.get_ydata()[0]) for one in line] == pytest.approx([0.938])
    stars = [name for name, found in lines.items() if any(o.get_marker() == "*" for o in found)]
    assert stars == ["Food-101", "Birdsnap", "Cars", "Aircraft", "VOC 2007"]
    assert "read off to 0.3 points" in drawn.caption


def test_one_part_against_another_has_a_point_for_each_pair(results):
    shown = SHOWN.figures["figure7"]
    drawn = made("figures", "part_against_part", results, **shown.options)
    (ax,) = drawn.figure.axes
    x, y = (np.concatenate([one.get_data()[of] for one in points(ax)]) for of in (0, 1))
    assert len(x) == 192 and (y > x).sum() == 189
    assert "189 of 192 pairs" in drawn.caption
    assert ax.get_xlabel() == "Random initialization (%)" and ax.get_ylabel() == "Fine-tuned (%)"


@pytest.mark.parametrize(
    ("kind", "view", "options", "says"),
    [
        ("figures", "dataset_transfer", {"setting": "tuned"}, "no rows of setting tuned"),
        ("tables", "signed_ranks", {}, "name the parts to compare"),
        (
            "tables",
            "signed_ranks",
            {"pairs": {"x": {"first": "main", "second": "mian"}}},
            "pairs.x: the study has no part 'mian'",
        ),
    ],
)
def test_what_a_view_cannot_show_is_named(results, kind, view, options, says):
    printed = [read_printed(FOLDER, "figure2")] if view == "dataset_transfer" else []
    with pytest.raises(UserError, match=says):
        made(kind, view, results, *printed, **options)


def test_a_table_without_error_bars_or_marks_is_refused(results):
    with pytest.raises(UserError, match="error_bars: needs a printed table"):
        made("tables", "error_bars", results, read_printed(FOLDER, "figure6"))
    sizes = read_published(FOLDER, "table01").set_index("dataset")
    with pytest.raises(UserError, match="marked_ties: the printed table has no column"):
        made("tables", "marked_ties", read_printed(FOLDER, "figure6"), sizes, DATASETS)
