"""What a page shows of a study's own words is text, never HTML."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from transfer.page import page

HOSTILE = """<script>alert("1 & 2")</script>"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A template of one heading and one table."""
    (tmp_path / "small.jinja").write_text("<h1 title='{{ title }}'>{{ title }}</h1>{{ table }}")
    monkeypatch.setattr(page, "TEMPLATES", tmp_path)
    return "small.jinja"


def test_markup_in_a_name_is_shown_and_not_obeyed(template: str, tmp_path: Path) -> None:
    table = tmp_path / "table.md"
    table.write_text(f"| model | note |\n|---|---|\n| *a* | {HOSTILE} |\n")
    shown = page.read_table_html(table).html
    html = page.render_page(template, {"title": "a'b" + HOSTILE, "table": shown})
    assert "<script" not in html and html.count("&lt;script&gt;") == 3
    assert "a'b" not in html, "an apostrophe would end the attribute"
    # What the table's own Markdown stands for is HTML, once.
    assert '<th scope="row"><em>a</em></th>' in html and "&lt;td" not in html


def test_every_shipped_template_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment that all of them share, whatever their names end in."""
    seen = {}

    def remember(environment, name, *_):
        seen[name] = environment.autoescape
        raise UndefinedError

    monkeypatch.setattr(page.Environment, "get_template", remember)
    for path in sorted(page.TEMPLATES.glob("*.jinja")):
        with pytest.raises(UndefinedError):
            page.render_page(path.name, {})
    assert seen and all(seen.values())
