"""What a figure's points are called travels in its SVG, and in nothing else."""

from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest
from matplotlib.lines import Line2D

from transfer.drawing.points import Point, named, of_family, value_words
from transfer.drawing.style import save_figure, use_style

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = """</title><script>alert('1')</script> & "Net" | é"""


@pytest.fixture
def saved(tmp_path):
    """The tree of a figure's SVG, drawn by a function of its axes."""
    use_style()

    def save(draw, name: str = "figure1"):
        figure, ax = plt.subplots()
        draw(figure, ax)
        save_figure(figure, tmp_path / f"{name}.svg")
        return ElementTree.parse(tmp_path / f"{name}.svg").getroot()

    return save


def titles(root) -> list[str]:
    return [title.text for title in root.iter(f"{SVG}title")]


def test_each_marker_of_a_curve_has_its_own_words(saved):
    points = [Point(f"Net {n}", f"Accuracy {n} %", "nets", "CIFAR-10") for n in range(3)]
    root = saved(lambda _, ax: ax.plot([0, 1, 2], [2, 0, 1], "o-", gid=named(points)))
    assert titles(root) == [f"Net {n}\nCIFAR-10\nAccuracy {n} %" for n in range(3)]
    (group,) = root.findall(".//*[@data-family='nets']")
    marks = group.findall(".//*[@class='point']")
    assert [mark.tag for mark in marks] == [f"{SVG}use"] * 3
    assert [float(mark.get("x")) for mark in marks] == sorted(float(m.get("x")) for m in marks)


def test_marks_of_one_artist_may_be_of_different_families(saved):
    bars = of_family("a", "b")
    root = saved(lambda _, ax: ax.vlines([0, 1], [0, 0], [1, 2], gid=bars))
    assert [path.get("data-family") for path in root.findall(".//*[@data-family]")] == ["a", "b"]
    assert not titles(root)


def test_a_legend_entry_is_one_group_with_its_text(saved):
    def draw(figure, ax):
        ax.plot([0, 1], label="no family")
        handles = [Line2D([], [], marker="o", label=f"Net {n}", gid=of_family("b")) for n in (1, 2)]
        ax.legend(handles=[Line2D([], [], label="plain"), *handles])

    entries = saved(draw).findall(".//*[@class='entry']")
    assert [entry.get("data-family") for entry in entries] == ["b", "b"]
    assert all(entry.find(f"{SVG}g[2]").get("id").startswith("text_") for entry in entries)
    assert [entry.findtext(f"{SVG}title") for entry in entries] == ["Net 1", "Net 2"]


def test_a_name_is_text_and_the_other_formats_are_the_same_without(saved, tmp_path):
    def draw(gid):
        return lambda _, ax: ax.scatter([1], [2], clip_on=False, gid=gid)

    assert titles(saved(draw(named([Point(HOSTILE, "1 %", HOSTILE)])))) == [f"{HOSTILE}\n1 %"]
    kept = {path.suffix: path.read_bytes() for path in tmp_path.iterdir()}
    assert saved(draw(None)) is not None
    for suffix in (".png", ".pdf"):
        assert (tmp_path / f"figure1{suffix}").read_bytes() == kept[suffix]
    assert (tmp_path / "figure1.svg").read_bytes() != kept[".svg"]


def test_names_of_points_that_are_not_drawn_are_refused(saved):
    points = named([Point("one", ""), Point("two", "")])
    with pytest.raises(ValueError, match="2 points are named, and 1 drawn"):
        saved(lambda _, ax: ax.plot([0, float("nan")], [1, 2], "o", gid=points))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("accuracy", 0.7652), "Accuracy 76.52 %"),
        (("accuracy", 0.7652, 0.751, 0.779), "Accuracy 76.52 % (75.10 to 77.90)"),
        (("macro_f1", 0.5, float("nan"), float("nan")), "Macro F1 0.5000"),
    ],
)
def test_a_value_is_said_in_its_unit(given, words):
    assert value_words(*given) == words
