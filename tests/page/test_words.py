"""The words of a page place figures, tables and statements, and lose none of them."""

import pytest
from markupsafe import Markup

from transfer.errors import UserError
from transfer.page.words import Block, Content, Section, open_page, read_sections

NUMBERS = {"table02": {"cct20": {"slope": 0.8898, "models": 14}, "own": {"slope": float("nan")}}}
VIEWS = {
    "figure1": "against_imagenet",
    "figure4": "against_imagenet",
    "figure9": "sizes",
    "table02": "correlation",
}


@pytest.fixture
def sections(tmp_path):
    def of(words: str, **changed):
        path = tmp_path / "words.md"
        path.write_text(words, encoding="utf-8")
        content = {"views": VIEWS, "numbers": NUMBERS, "statements": ["4.1"]}
        content |= {"runs": False, "verdict": False} | changed
        return [
            (
                section.title,
                [(block.kind, block.name, str(block.words)) for block in section.blocks],
            )
            for section in read_sections(path, Content(**content))
        ]

    return of


def test_what_is_placed_by_number_or_by_content_is_shown_once(sections):
    found = sections("[figure4] Bars\nare *ours*.\n\n## All\n\n[against_imagenet]\n\n[sizes]")
    assert found == [
        ("", [("figure", "figure4", "Bars are <em>ours</em>.")]),
        ("All", [("figure", "figure1", ""), ("figure", "figure9", "")]),
        ("Further figures and tables", [("table", "table02", "")]),
    ]


def test_words_that_place_nothing_lose_nothing(sections):
    everything = [("figure" if n.startswith("f") else "table", n, "") for n in VIEWS]
    assert sections("") == [("Further figures and tables", everything)]
    assert sections("", views={}, verdict=True) == [("The verdict", [("verdict", "", "")])]


def test_why_a_figure_is_absent_is_said_where_it_is(sections):
    words = "[figure2] is not here: no images.\n\n[figure1] is not here: no lines."
    first, *_ = sections(words)
    assert first == ("", [("absent", "figure2", "no images."), ("figure", "figure1", "")])


def test_a_section_without_content_has_no_heading(sections):
    words = "## Images\n\n[samples]\n\n## Text\n\n### A\n\n[statements 4.1]\n\n### B\n\n[verdict]"
    titles = [title for title, _ in sections(words, views={})]
    assert titles == ["Text", "A"]


def test_statements_are_placed_by_section_or_all_the_others(sections):
    words = "[statements 4.1]\n\n[statements]"
    ((_, blocks),) = sections(words, views={}, statements=["1", "4.1", "6"])
    assert [name for _, name, _ in blocks] == ["4.1", "1", "6"]


def test_numbers_of_the_tables_stand_in_the_text(sections):
    words = "{table02[cct20][slope]:.2f} of {table02[cct20][models]} <b>"
    ((_, [(_, _, text)]),) = sections(words, views={})
    assert text == "<p>0.89 of 14 &lt;b&gt;</p>\n"


@pytest.mark.parametrize("number", ["{table12[cct20][f]:.1f}", "{table02[own][slope]:.2f}"])
def test_a_paragraph_whose_numbers_are_not_there_is_left_out(sections, number):
    """In a study without that table, or whose runs do not suffice for a line."""
    assert sections(f"Before.\n\nOf {number} all.", views={}) == sections("Before.", views={})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "Of {table02[cct21][slope]}.",
            "words.md: 'Of {table02[cct21][slope]}.': a number in braces",
        ),
        ("Of {table02[cct20][slop]}.", "not there: 'slop'"),
        ("[sizse]", "no figure, table or view is called sizse; did you mean 'sizes'?"),
    ],
)
def test_a_mistaken_place_or_number_is_named(sections, words, says):
    with pytest.raises(UserError) as refused:
        sections(words)
    assert says in str(refused.value)


FIGURE, TABLE = Block("figure", "figure3"), Block("table", "table02")


def test_a_page_opens_with_the_claim_and_the_first_figure():
    text = Block("text", words=Markup("<p>Long.</p>\n"))
    sections = [Section(blocks=[text]), Section("All", blocks=[TABLE, FIGURE, FIGURE])]
    opening = open_page(sections, "A *claim* & more.")
    assert opening.claim == "A <em>claim</em> &amp; more." and opening.figure == FIGURE
    assert [section.blocks for section in opening.sections] == [
        [text],
        [TABLE, Block("above", "figure3"), FIGURE],
    ]


def test_without_a_claim_the_first_paragraph_is_at_the_top():
    first, second = (Block("text", words=Markup(f"<p>{n}.</p>\n")) for n in ("One", "Two"))
    opening = open_page([Section(blocks=[first, second]), Section("All", blocks=[TABLE])])
    assert (opening.claim, opening.figure) == ("One.", None)
    assert [section.blocks for section in opening.sections] == [[second], [TABLE]]
    headed = [Section("All", blocks=[first])]
    assert open_page(headed).claim == "" and open_page(headed).sections == headed
