"""Two papers on one axis: every dataset is a point, and names cover nothing."""

from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from published import ROOT
from scipy import stats
from views import drawn, made_table

from transfer.data.dataset import read_datasets
from transfer.drawing.labels import label_points
from transfer.drawing.style import use_style
from transfer.errors import UserError
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results, read_published
from transfer.study.study import read_study

CONFIG, PUBLISHED = ROOT / "config", ROOT / "resources" / "published"
JOINT = CONFIG / "studies" / "published" / "index.yaml"
NAMES = ("fang2023", "kornblith2019")


def extent(text: Text) -> Bbox:
    """Where a name lies, without the line to its point."""
    return Text.get_window_extent(text)


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list:
    """The options of the runners, with the results of both papers."""
    folder = tmp_path_factory.mktemp("papers")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    values = []
    for name in NAMES:
        paper = read_paper(PUBLISHED / name)
        study = read_study(JOINT.with_name(f"{name}.yaml"))
        values.append(folder / f"{name}.csv")
        published_results(paper, study, datasets).to_csv(values[-1], index=False)
    fid = folder / "fid.csv"
    published_fid(read_paper(PUBLISHED / "fang2023")).to_csv(fid, index=False)
    papers = [PUBLISHED / name for name in NAMES]
    models, known = CONFIG / "models.tsv", CONFIG / "datasets.yaml"
    return [
        *("--joint", JOINT, "--papers", *papers, "--values", *values),
        *("--fid", fid, "--models", models, "--datasets", known),
    ]


@pytest.fixture(scope="module")
def table(given: list, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("table") / "transfer_by_distance.csv"
    return made_table("transfer_by_distance", path, *given).frame.set_index("dataset")


def test_the_eighteen_datasets_and_which_paper_each_is_of(table):
    assert table["paper"].value_counts().to_dict() == {"kornblith2019": 12, "fang2023": 6}
    assert table.loc["cifar10", "paper"] == "kornblith2019"
    printed = read_published(PUBLISHED / "fang2023", "table11").set_index("dataset")["fid"]
    assert table["fid"].to_dict() == printed.to_dict()
    assert table["fid"].is_monotonic_increasing


def test_a_point_is_the_fit_over_the_models_above_70_percent(table):
    values = read_published(PUBLISHED / "fang2023", "table03").set_index("model")
    better = values[values["imagenet_top1"] > 70]
    fit = stats.linregress(better["imagenet_top1"] / 100, better["eurosat"] / 100)
    found = table.loc["eurosat"]
    assert found["models"] == len(better)
    assert (found["correlation"], found["slope"]) == pytest.approx((fit.rvalue, fit.slope))
    for measure in ("correlation", "slope"):
        low, high = table[f"{measure}_lower"], table[f"{measure}_upper"]
        assert (low < table[measure]).all() and (table[measure] < high).all()


def test_the_trend_within_papers_is_weaker_than_over_all(given, tmp_path):
    options = {"without": ["cars", "aircraft"]}
    made = made_table("distance_trends", tmp_path / "distance_trends.csv", *given, **options)
    rho = made.frame.set_index("over")["correlation_rho"].round(2).to_dict()
    assert rho == {
        "within": -0.48,
        "fang2023": 0.49,
        "kornblith2019": -0.59,
        "all": -0.79,
        "kornblith2019_without": -0.31,
    }
    p = made.frame.set_index("over")["correlation_p"]
    assert p["all"] < 0.01 and 0.03 < p["within"] < 0.15 and p["kornblith2019_without"] > 0.2
    assert made.columns[0].cells(made.frame)[-1] == (
        "Kornblith et al. 2019 without Cars and Aircraft"
    )
    with pytest.raises(UserError, match="not shown by any paper: carts"):
        made_table("distance_trends", tmp_path / "x.csv", *given, without=["carts"])


def test_every_dataset_is_named_in_both_panels_and_no_name_covers_another(given, table):
    figure = drawn("transfer_by_distance", *given)
    # A closed figure has no canvas that draws.
    FigureCanvasAgg(figure).draw()
    names = read_datasets(CONFIG / "datasets.yaml")
    wanted = sorted(names[dataset].short_name for dataset in table.index)
    for ax in figure.axes:
        assert sorted(text.get_text() for text in ax.texts) == wanted
        boxes = [(text.get_text(), extent(text)) for text in ax.texts]
        frame = ax.get_window_extent()
        for name, box in boxes:
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1 + 1, name
        assert not [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if x.overlaps(y)]
        points = [line for line in ax.get_lines() if len(line.get_xdata()) in (6, 12)]
        marks = np.vstack([ax.transData.transform(line.get_xydata()) for line in points])
        assert len(marks) == 18
        covered = [name for name, box in boxes for mark in marks if box.contains(*mark)]
        assert not covered


def test_names_of_a_crowd_go_around_the_points():
    use_style()
    figure, ax = plt.subplots(figsize=(3, 3))
    ax.set(xlim=(0, 10), ylim=(0, 10))
    x, y = np.array([5.0, 5.2, 5.4, 5.0, 5.3]), np.array([5.0, 5.1, 5.0, 5.3, 5.4])
    placed = label_points(ax, x, y, list("abcde"), ["black"] * 5, (y - 1, y + 1))
    again = label_points(ax, x, y, list("abcde"), ["black"] * 5, (y - 1, y + 1))
    assert [text.xyann for text in placed] == [text.xyann for text in again]
    for text in again:
        text.remove()
    figure.canvas.draw()
    boxes = [extent(text) for text in placed]
    plt.close(figure)
    assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]
    marks = ax.transData.transform(np.column_stack([x, y]))
    assert not [1 for box in boxes for mark in marks if box.contains(*mark)]


def test_the_results_of_another_paper_are_refused(given, tmp_path):
    swapped = list(given)
    at = swapped.index("--papers")
    swapped[at + 1], swapped[at + 2] = swapped[at + 2], swapped[at + 1]
    with pytest.raises(UserError, match="papers fang2023, kornblith2019; given kornblith2019"):
        made_table("transfer_by_distance", Path(tmp_path / "x.csv"), *swapped)
