"""Views of one printed table show its values."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from transfer.data.dataset import read_datasets
from transfer.drawing.style import use_style
from transfer.drawing.views import view_function
from transfer.errors import UserError
from transfer.papers.published import read_printed
from transfer.study.model import read_shown_models
from transfer.study.study import read_study
from transfer.study.views import read_view

ROOT = Path(__file__).parents[2]
KORNBLITH = ROOT / "resources" / "published" / "kornblith2019"
NGIAM = ROOT / "resources" / "published" / "ngiam2018"
DATASETS = read_datasets(ROOT / "config" / "datasets.yaml")
MODELS = read_shown_models([ROOT / "config" / "models.tsv", KORNBLITH / "networks.csv"])
SUBSETS = ["bird", "animal", "car", "aircraft", "vehicle", "transport", "food"]


def view(kind: str, name: str, function: str, *read, **options):
    declared = read_view(kind, name)
    assert not declared.problems(options)
    return view_function(declared, function)(*read, **declared.chosen(options))


@pytest.fixture(autouse=True)
def _style():
    use_style()
    yield
    plt.close("all")


def overlaps(figure: Figure) -> list[str]:
    """Titles and labels of axes that lie over each other once drawn."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    texts = [t for ax in figure.axes for t in (ax.title, ax._left_title, ax.xaxis.label)]
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text()]
    return [
        f"{first} / {second}"
        for place, (first, box) in enumerate(boxes)
        for second, other in boxes[place + 1 :]
        if box.overlaps(other)
    ]


def test_curves_by_steps_are_ringed_where_they_reach_the_threshold():
    table = read_printed(KORNBLITH, "figure8")
    drawn = view("figures", "accuracy_by_budget", "draw", table, DATASETS, threshold=0.9)
    axes = {ax.get_title(loc="left"): ax for ax in drawn.figure.axes}
    assert len(axes) == 12 and not overlaps(drawn.figure)
    lines = axes["Aircraft"].get_lines()
    # Two curves, each followed by its ring.
    assert [len(line.get_xdata()) for line in lines] == [8, 1, 10, 1]
    assert [lines[1].get_xdata()[0], lines[3].get_xdata()[0]] == [4882, 19531]
    assert "read off the paper's figure, exact to 0.3 points" in drawn.caption


def test_curves_by_images_per_class_have_three_settings_and_no_ring():
    table = read_printed(KORNBLITH, "figure9")
    drawn = view(
        "figures", "accuracy_by_budget", "draw", table, DATASETS, budget="examples_per_class"
    )
    axes = {ax.get_title(loc="left"): ax for ax in drawn.figure.axes}
    assert "VOC 2007" not in axes and len(axes) == 11
    heights = [line.get_ydata()[0] for line in axes["Flowers"].get_lines()]
    at_one = table[(table["dataset"] == "flowers102") & (table["examples_per_class"] == "1")]
    odds = {
        row.setting: float(row.accuracy) / (100 - float(row.accuracy))
        for row in at_one.itertuples()
    }
    settings = ["logistic_regression", "fine_tuned", "random_initialization"]
    assert np.exp(heights) == pytest.approx([odds[setting] for setting in settings])


@pytest.mark.parametrize(("figure", "panels", "curves"), [("figure3", 2, 5), ("figure5", 1, 2)])
def test_training_choices_are_one_curve_per_network(figure, panels, curves):
    table = read_printed(KORNBLITH, figure)
    drawn = view("figures", "training_choices", "draw", table, MODELS)
    assert len(drawn.figure.axes) == panels
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert len(labels) == curves and "Inception v4" in labels
    rows = table[table["model"] == "inception_v4"]["mean_log_odds"].astype(float).tolist()
    drawn_lines = [list(line.get_ydata()) for line in drawn.figure.axes[0].get_lines()]
    assert rows in drawn_lines


def test_different_images_follow_the_closed_formula():
    options = {"classes": 2, "images_per_class": 50, "exponent": 0, "passes": 3.0}
    drawn = view("figures", "unique_images", "draw", **options)
    same, elastic, source = drawn.figure.axes[0].get_lines()
    totals = np.array(same.get_xdata())
    assert same.get_ydata() == pytest.approx(100 * (1 - 0.99**totals))
    assert elastic.get_ydata() == pytest.approx(elastic.get_xdata())
    assert max(elastic.get_xdata()) <= 100 and source.get_ydata()[0] == 100
    assert "not measured" in drawn.caption


def test_gains_are_differences_with_their_exact_test():
    table = read_printed(NGIAM, "table03")
    pairs = [
        {"name": "JFT", "label": "x", "first": "jft_adaptive", "second": ["jft_entire"]},
        {"name": "best", "first": "jft_adaptive", "second": [f"jft_{name}" for name in SUBSETS]},
    ]
    made = view("tables", "gains", "make", table, DATASETS, pairs=pairs)
    assert made.columns[0].cells(made.frame) == ["x", "best"]
    frame = made.frame.set_index("comparison")
    assert frame.loc["JFT", "birdsnap"] == 7.5 and frame.loc["best", "cars"] == -0.3
    assert frame.loc["JFT", ["above", "below"]].tolist() == [6, 0]
    assert frame.loc["JFT", "p"] == pytest.approx(2 / 64)
    assert f"{frame.loc['JFT', 'mean']:.2f}" == "4.32"


def test_gains_say_where_a_tie_is_lost_in_binary():
    pairs = [
        {
            "name": "a",
            "label": "ImageNet",
            "first": f"{source}_adaptive",
            "second": [f"{source}_entire"],
        }
        for source in ("imagenet", "jft")
    ]
    table = read_printed(NGIAM, "table03")
    made = view("tables", "gains", "make", table, DATASETS, pairs=pairs[:1])
    assert made.columns[-1].cells(made.frame) == ["0.906"]
    (said,) = [note for note in made.notes if "binary" in note]
    assert "ImageNet" in said and "92.1 − 91.5 = 0.5999999999999943" in said
    assert said.endswith("prints p 1.000.")
    made = view("tables", "gains", "make", table, DATASETS, pairs=pairs[1:])
    assert not any("binary" in note for note in made.notes)


def test_the_method_is_drawn_with_weights_that_follow_from_its_shares():
    drawn = view("figures", "adaptive_transfer", "draw")
    panels = [ax for ax in drawn.figure.axes if ax.patches and ax.get_yticklabels()]
    shares, predicted, weights = (
        np.array([bar.get_width() for bar in ax.patches]) for ax in panels[1:]
    )
    ratio = predicted / shares
    assert weights == pytest.approx(ratio / ratio.max())
    assert weights.argmax() != predicted.argmax()
    page = drawn.figure.axes[0]
    drawn.figure.canvas.draw()
    inside = page.get_window_extent()
    for text in page.texts:
        box = text.get_window_extent()
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1, text.get_text()
    # On a phone 3.5 inches are some 350 pixels: these letters are 10 of them high, or more.
    assert drawn.figure.get_figwidth() <= 3.6
    assert min(text.get_fontsize() for text in page.texts if text.get_text()) >= 7


def test_the_shipped_distribution_gives_the_450_000_images_of_the_text():
    shown = read_study(ROOT / "config/studies/published/ngiam2018.yaml").figures["figure3"]
    drawn = view("figures", "unique_images", "draw", **shown.options)
    *_, mark = drawn.figure.axes[0].get_lines()
    assert shown.options["marked"] == mark.get_xdata()[0] == 2_000_000
    assert mark.get_ydata()[0] == pytest.approx(450_000, abs=1000)
    assert "1,000 classes of 1,281 images" in drawn.caption and "r^-1.123" in drawn.caption


def test_rows_below_a_reference_are_counted_and_named():
    made = view("tables", "below_reference", "make", read_printed(NGIAM, "table03"), DATASETS)
    assert "25 of 66 cells" in made.caption
    frame = made.frame.set_index("row")
    assert frame.loc["jft_entire", "datasets"] == "Birdsnap, Aircraft"
    assert frame.loc["jft_adaptive", "below"] == 0


def test_a_printed_table_names_its_rows_and_leaves_columns_out():
    table = read_printed(NGIAM, "table05")
    options = {"names": {"emd_subset": "EMD subset"}, "leave_out": ["kind"]}
    made = view("tables", "as_printed", "make", table, {}, DATASETS, **options)
    assert [column.heading for column in made.columns] == ["Pretraining", "Accuracy"]
    rows = made.columns[0].cells(made.frame)
    assert rows[2] == "EMD subset" and rows[0] == "imagenet_entire"
    assert made.frame["accuracy"].tolist() == ["97.1", "97.7", "97.7", "97.0"]
    with pytest.raises(UserError, match="as_printed: no column fish"):
        view("tables", "as_printed", "make", table, {}, DATASETS, leave_out=["fish"])


def test_columns_of_datasets_have_their_names():
    made = view("tables", "as_printed", "make", read_printed(NGIAM, "table03"), {}, DATASETS)
    assert [c.heading for c in made.columns][-3:] == ["Food-101", "CIFAR-10", "Kind"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gains", {"pairs": [{"name": "x", "first": "jft_fish", "second": ["jft_entire"]}]}),
        ("below_reference", {"reference": "jft_fish"}),
    ],
)
def test_a_row_that_is_not_there_is_named(name, options):
    with pytest.raises(UserError, match=f"{name}: no row jft_fish in column pretraining"):
        view("tables", name, "make", read_printed(NGIAM, "table03"), DATASETS, **options)


def test_a_table_without_pairs_is_empty():
    made = view("tables", "gains", "make", read_printed(NGIAM, "table03"), DATASETS)
    assert isinstance(made.frame, pd.DataFrame) and made.frame.empty
