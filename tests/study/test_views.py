"""Declarations of views match their functions, and are read without importing them."""

import inspect
import subprocess
import sys

import pytest
from published import ROOT

from transfer.drawing.views import view_function
from transfer.errors import UserError
from transfer.study.shown import compared_tables, datasets_of, reads_of
from transfer.study.study import read_study, study_digest
from transfer.study.views import KINDS, Shown, place_name, read_view, view_names

FUNCTIONS = {"figures": "draw", "tables": "make"}
VIEWS = [(kind, name) for kind in KINDS for name in view_names(kind)]
STUDIES = ROOT / "config" / "studies"


@pytest.mark.parametrize(("kind", "name"), VIEWS, ids=map("/".join, VIEWS))
def test_a_view_takes_what_it_declares(kind, name):
    view = read_view(kind, name)
    assert view.about.endswith(".")
    assert (ROOT / view.script).is_file()
    given = inspect.signature(view_function(view, FUNCTIONS[kind])).parameters.values()
    assert tuple(one.name for one in given if one.kind is not one.KEYWORD_ONLY) == view.reads
    assert {one.name for one in given if one.kind is one.KEYWORD_ONLY} == set(view.options)
    assert view.problems(view.chosen({})) == []


def test_declarations_are_read_without_matplotlib():
    code = (
        "import sys; from transfer.study.views import *;"
        "[read_view(kind, name) for kind in KINDS for name in view_names(kind)];"
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "scripts").returncode == 0


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("READS = ('results', 'weather')", "READS: nothing is called weather; there are results"),
        ("READS = tuple(x)", "line 1: READS must be a literal"),
        ("OPTIONS = {'part': {'type': 'string'}}", "OPTIONS: 'part' has no default"),
        ("def draw(:", "not Python"),
    ],
)
def test_a_mistaken_declaration_names_its_script(tmp_path, script, says):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "own.py").write_text(script)
    with pytest.raises(UserError, match=r"own\.py") as refused:
        read_view("figures", "own", tmp_path)
    assert says in str(refused.value)


def test_options_decide_what_is_read_and_shown():
    view = read_view("figures", "against_imagenet")
    assert view.reads_with({}) == ("results",)
    assert view.reads_with({"intervals": True}) == ("results", "intervals")
    assert view.parts({}) == ("main",)
    assert view.parts({"part": "cifar10", "stars": "clip"}) == ("cifar10", "clip")


def test_what_the_studies_that_are_shipped_read_and_compare():
    trained = read_study(STUDIES / "fang2023.yaml")
    printed = read_study(STUDIES / "published" / "fang2023.yaml")
    assert reads_of(printed) >= {"results", "intervals", "fid", "printed"}
    assert "prepared" in reads_of(trained) and "prepared" not in reads_of(printed)
    three = ["table02", "table12", "table13"]
    for study in (trained, printed):
        assert compared_tables(study, three) == {name: name for name in three}
    # Shown beside what is printed, but compared with it nowhere else.
    assert trained.tables["table04"].printed == "table04"
    table = trained.tables["table01"]
    six = trained.parts["main"].datasets
    assert datasets_of(trained, "tables", table) == (*six, "cifar10")
    assert datasets_of(trained, "tables", Shown("prepared_datasets")) == six


def test_what_a_study_shows_does_not_change_its_digest(tmp_path):
    text = (STUDIES / "demo.yaml").read_text()

    def digest(old: str, new: str) -> str:
        assert old in text
        (tmp_path / "demo.yaml").write_text(text.replace(old, new, 1))
        return study_digest(read_study(tmp_path / "demo.yaml"))

    before = digest("title: ", "title: ")
    assert digest("title: ", "title: Once more. ") == before
    assert digest("figure2: samples", "figure7: sizes") == before
    assert digest("threshold: ", "threshold: .") != before


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("table02", "Table 2"),
        ("figure3a", "Figure 3a"),
        ("figure3_top", "Figure 3 (top)"),
        ("table_below_random", "Table below random"),
        ("section 4.2", "Section 4.2"),
    ],
)
def test_a_place_of_the_paper_in_words(place, words):
    assert place_name(place) == words


def test_an_option_of_several_parts_is_a_list_of_different_ones():
    view = read_view("tables", "values")
    assert view.parts({}) == ("main",) and view.parts({"parts": ["a", "b"]}) == ("a", "b")
    for mistaken in ([], ["a", "a"], "a", [1]):
        assert view.problems({"parts": mistaken})
