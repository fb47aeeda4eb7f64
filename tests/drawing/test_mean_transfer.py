"""Mean transfer of a study's parts, on the values that Kornblith et al. 2019 draw."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml
from matplotlib.colors import to_hex

from transfer.data.dataset import read_datasets
from transfer.drawing.style import GREEN, use_style
from transfer.drawing.views import view_function
from transfer.errors import UserError
from transfer.papers.published import read_published
from transfer.results.table import StudyResults
from transfer.study.study import read_study
from transfer.study.views import read_view

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "published" / "kornblith2019"
SETTINGS = ("logistic_regression", "fine_tuned", "random_initialization")
PARTS = dict(zip(("features", "main", "random"), SETTINGS, strict=True))
DATASETS = read_datasets(ROOT / "config" / "datasets.yaml")


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> StudyResults:
    """The figure's values as a study of three parts, each with a recipe of its setting's name."""
    figure = read_published(FOLDER, "figure2")
    networks = read_published(FOLDER, "networks").set_index("model")
    sizes = read_published(FOLDER, "table01").set_index("dataset")
    study = {
        "title": "Three settings",
        "source": "published",
        "parts": {
            part: {
                "datasets": list(sizes.index),
                "models": list(networks.index),
                "recipe": setting,
            }
            for part, setting in PARTS.items()
        },
        "imagenet_top1": "library",
        "threshold": 70,
        "intervals": {"samples": 200, "seed": 1, "level": 0.95},
        "tables": {},
        "figures": {},
    }
    path = tmp_path_factory.mktemp("study") / "three.yaml"
    path.write_text(yaml.safe_dump(study))
    cells = figure.rename(columns={"setting": "recipe"}).assign(
        value=figure["accuracy"] / 100, metric=figure["dataset"].map(sizes["metric"])
    )
    cells[["n_runs", "n_expected", "n_diverged"]] = float("nan")
    return StudyResults(
        study=read_study(path),
        models=networks[["name"]],
        datasets=DATASETS,
        cells=cells,
        top1=networks["imagenet_top1"].to_dict(),
    )


def view(kind: str, name: str, function: str, results: StudyResults, **options):
    declared = read_view(kind, name)
    assert not declared.problems(options)
    return view_function(declared, function)(results, **declared.chosen(options))


def test_correlations_of_the_means_are_the_printed_ones(results):
    sizes = read_published(FOLDER, "table01").set_index("dataset")["train_size"]
    rows = {
        "features": {"label": "fixed features"},
        "main": {},
        "random": {},
        "small": {"part": "random", "datasets": list(sizes.index[sizes < 10_000])},
        "large": {"part": "random", "datasets": list(sizes.index[sizes >= 10_000])},
    }
    made = view("tables", "mean_correlations", "make", results, rows=rows)
    frame = made.frame.set_index("row")
    assert [f"{r:.2f}" for r in frame["r"]] == ["0.99", "0.96", "0.55", "0.29", "0.86"]
    assert frame["datasets"].tolist() == [12, 12, 12, 7, 5] and set(frame["models"]) == {16}
    assert (frame["r_lower"] < frame["r"]).all() and (frame["r"] < frame["r_upper"]).all()
    assert made.columns[0].cells(made.frame)[:2] == ["fixed features", "main"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"mian": {}}, "rows.mian: the study has no part 'mian'"),
        ({"main": {"datasets": ["eurosat"]}}, "rows.main: part main has no eurosat"),
    ],
)
def test_rows_that_cannot_be_made_are_named(results, rows, says):
    with pytest.raises(UserError, match=says):
        view("tables", "mean_correlations", "make", results, rows=rows)


def test_green_marks_are_those_of_the_paper(results):
    use_style()
    drawn = view("figures", "mean_transfer", "draw", results, parts=list(PARTS))
    average = read_published(FOLDER, "figure2_average")
    for ax, setting in zip(drawn.figure.axes, SETTINGS, strict=True):
        marks = [line for line in ax.get_lines() if line.get_marker() == "o"]
        green = [line for line in marks if to_hex(line.get_color()) == GREEN.lower()]
        printed = average[(average["setting"] == setting) & average["tied_with_best"]]
        heights = np.sort(np.concatenate([line.get_ydata() for line in green]))
        assert heights == pytest.approx(np.sort(printed["mean_log_odds"]), abs=0.0031)
        assert sum(len(line.get_ydata()) for line in marks) == 16
    assert drawn.figure.axes[0].get_title(loc="right") == "r 0.99"
    assert "correction morey, ddof 0" in drawn.caption
    plt.close(drawn.figure)
