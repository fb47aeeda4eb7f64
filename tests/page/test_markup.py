"""A page as a browser, a screen reader and a reader without a network find it."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from transfer.drawing import style
from transfer.page.figures import COLOURS, inline_figure

PAGE = Path(__file__).parents[2] / "scripts" / "transfer" / "page"
VOID = {"meta", "link", "img", "br", "hr", "input"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    within: tuple[str, ...]
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs), tuple(one.tag for one in self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(Element(tag, dict(attrs), tuple(one.tag for one in self.open)))

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        for one in self.open:
            one.text += data


@pytest.fixture(scope="module")
def elements(paper_page) -> list[Element]:
    reader = _Reader()
    reader.feed(paper_page.read_text(encoding="utf-8"))
    assert not reader.open
    return reader.elements


def of(elements: list[Element], *tags: str) -> list[Element]:
    return [element for element in elements if element.tag in tags]


def test_ids_are_unique_and_every_reference_has_one(elements, paper_page):
    ids = [e.attributes["id"] for e in elements if "id" in e.attributes]
    assert len(ids) == len(set(ids)) > 100
    wanted = {
        reference
        for e in elements
        for key in ("aria-labelledby", "aria-describedby")
        for reference in (e.attributes.get(key) or "").split()
    }
    links = [e.attributes.get("href") or "" for e in elements]
    wanted |= {link[1:] for link in links if link.startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]*)\)", paper_page.read_text(encoding="utf-8")))
    assert wanted <= set(ids)


def test_the_page_names_its_language_its_main_part_and_a_way_there(elements):
    (root,) = of(elements, "html")
    assert root.attributes["lang"] == "en"
    assert of(elements, "title")[0].text
    (main,) = of(elements, "main")
    assert of(elements, "a")[0].attributes["href"] == f"#{main.attributes['id']}"


def test_headings_leave_out_no_level(elements):
    levels = [int(e.tag[1]) for e in of(elements, "h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(e.text.strip() for e in of(elements, "h1", "h2", "h3"))


def test_tables_have_captions_and_their_headings_a_scope(elements):
    tables = of(elements, "table")
    # Two of the study, two of the values drawn, what differs and what agrees.
    assert len(tables) == len(of(elements, "caption")) == 6
    assert all(caption.text.strip() for caption in of(elements, "caption"))
    assert {e.attributes.get("scope") for e in of(elements, "th")} == {"col", "row", "rowgroup"}


def test_figures_and_boxes_are_named(elements):
    for svg in of(elements, "svg"):
        assert svg.attributes["role"] == "img"
        assert svg.attributes["aria-labelledby"] and svg.attributes["aria-describedby"]
    boxes = [e for e in elements if e.attributes.get("class") in ("wide", "scroll")]
    assert len(boxes) == 8
    assert all(e.attributes["role"] and e.attributes["aria-label"] for e in boxes)
    assert not of(elements, "img", "button", "input")


def test_the_values_drawn_are_in_a_table_below_the_figure(elements):
    summaries = [e.text for e in of(elements, "summary") if "drawn" in e.text]
    assert summaries == ["The 150 values drawn", "The 114 values drawn"]
    points = [e for e in elements if e.attributes.get("class") == "point"]
    cells = {e.text for e in of(elements, "td") if "details" in e.within}
    assert len(points) == 150 + 114
    for point in points:
        *_, value = point.text.split("\n")
        assert value in cells


def test_nothing_comes_from_elsewhere(elements, paper_page):
    assert not of(elements, "link", "iframe", "object", "image", "foreignobject")
    assert not any("src" in e.attributes for e in elements)
    for e in elements:
        link = e.attributes.get("href") or "#"
        assert link.startswith("#") or e.tag == "a"
    styles = "".join(e.text for e in of(elements, "style", "script"))
    assert "@import" not in styles and "url(" not in styles
    assert re.findall(r"https?://[^\"']*", styles) == ["http://www.w3.org/2000/svg"]
    text = paper_page.read_text(encoding="utf-8")
    assert text.count("<script") == 1 and not re.search(r"\son\w+=", text)


def test_made_twice_a_page_is_the_same(paper_page):
    assert paper_page.read_bytes() == paper_page.with_name("again.html").read_bytes()


def test_claim_and_figure_come_before_all_headings_and_the_score(paper_page):
    text = paper_page.read_text(encoding="utf-8")
    marks = ['<p class="byline">', '<p class="claim">', 'id="figure1"', 'class="score"', "<h2"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert text.index("<h2") < text.index('<a href="#figure1">Figure 1</a> is at the top')


def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme (light, dark or print) by the names of the style sheet."""
    css = (PAGE / "page.css").read_text(encoding="utf-8")
    light, *further = re.findall(r":root \{(.*?)\}", css, re.S)
    found = dict(re.findall(r"--(\w+): (#\w+)", light))
    changed = {"light": "", "dark": further[0], "print": further[1]}[scheme]
    return found | dict(re.findall(r"--(\w+): (#\w+)", changed))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.2, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_and_marks_have_enough_contrast(scheme):
    of_scheme = colours(scheme)
    for ground in ("page", "wash"):
        for name in ("text", "soft", "link", "yes", "no"):
            assert contrast(of_scheme[name], of_scheme[ground]) >= 4.5, (name, ground)
    for name in COLOURS.values():
        # What is written with is text, what is drawn with is graphics.
        least = {"plate": 1, "ink": 4.5, "black": 4.5, "grey": 4.5, "blue": 4.5}.get(name, 3)
        assert contrast(of_scheme[name], of_scheme["plate"]) >= least, name


def test_the_page_knows_the_colours_of_the_figures():
    own = {name: getattr(style, name.upper()).lower() for name in list(COLOURS.values())[4:]}
    own |= {"black": style.BLACK.lower(), "grey": style.GREY.lower()}
    shown = {name: colour for colour, name in COLOURS.items()}
    assert {name: shown[name] for name in own} == own
    light = colours("light")
    assert {name: light[name] for name in shown} == shown


def test_what_a_figure_defines_is_its_own(tmp_path):
    """Two figures of the same content share no id, and no style rule reaches the page."""
    (tmp_path / "figure1.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'width="72pt" height="36.5pt" viewBox="0 0 72 36.5"><metadata>m</metadata>'
        '<style>*{fill: red}</style><defs><path id="m#1" d="M 0 0 L 1.23456 2"/>'
        '<path id="used" d="M 0 0 L 1.23456 -2.00001 "/><clipPath id="clip"/></defs>'
        '<g id="axes_1" clip-path="url(#clip)"><use xlink:href="#used" x="3.14159" '
        'style="fill: #0072B2; stroke: #123456"/><path d="M 0 0" style="fill: url(#Hatch)"/></g>'
        '<pattern id="Hatch"/></svg>'
    )
    (tmp_path / "figure1.md").write_text("A caption.\n")
    (tmp_path / "figure2.svg").write_bytes((tmp_path / "figure1.svg").read_bytes())
    (tmp_path / "figure2.md").write_text("Another.\n")
    first, second = (inline_figure(tmp_path / f"{name}.svg") for name in ("figure1", "figure2"))
    ids = re.findall(r' id="([^"]*)"', first.svg)
    assert len(ids) == 3 and not set(ids) & set(re.findall(r' id="([^"]*)"', second.svg))
    assert f'href="#{ids[0]}"' in first.svg and f'clip-path="url(#{ids[1]})"' in first.svg
    assert 'd="M0 0L1.23 -2"' in first.svg and 'x="3.14"' in first.svg
    assert 'style="fill:var(--blue);stroke:#123456"' in first.svg
    assert f'style="fill:url(#{ids[2]})"' in first.svg
    assert "metadata" not in first.svg and "red" not in first.svg
    assert (first.width, first.caption, first.points) == (115, "A caption.", ())
