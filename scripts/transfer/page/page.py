"""One self-contained page from a study's figures, tables and verdict."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from transfer.papers.verdict import with_digits_of

TEMPLATES = Path(__file__).parent


# A figure of matplotlib's 7.35 inches is as wide as the page.
PAGE_PIXELS_PER_POINT = 1.6


@dataclass(frozen=True)
class EmbeddedFigure:
    """A figure as a data address, so that the page needs no other file, and its width in pixels."""

    address: str
    width: int


def embed_figure(path: str | Path) -> EmbeddedFigure:
    """An SVG file, to be shown no larger than the others on the page."""
    content = Path(path).read_bytes()
    encoded = base64.b64encode(content).decode("ascii")
    points = re.search(rb'<svg[^>]* width="([\d.]+)pt"', content)
    width = round(float(points[1]) * PAGE_PIXELS_PER_POINT) if points else 900
    return EmbeddedFigure(f"data:image/svg+xml;base64,{encoded}", width)


def table_html(path: str | Path) -> Markup:
    """A table's Markdown file as HTML: its caption, then the table."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Markdown-it escapes the text of the file, so what it returns is safe to put in.
    return Markup(renderer.render(Path(path).read_text(encoding="utf-8")))


def show_recomputed(row: Mapping[str, Any]) -> str:
    """A recomputed number of the verdict with the digits that the paper prints.

    One that agrees is shown as it is printed: on the edge of rounding either digit is right.
    """
    printed = str(row["published"])
    return printed if row["agrees"] else with_digits_of(printed, row["recomputed"])


def render_page(template: str, content: dict[str, Any]) -> str:
    """Fill a template of this folder; a name it uses that `content` lacks raises UndefinedError."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["recomputed"] = show_recomputed
    return environment.get_template(template).render(content)


def place_name(place: str) -> str:
    """`table02` as Table 2, `section 4.2` as Section 4.2."""
    if place.startswith("table"):
        return f"Table {int(place.removeprefix('table'))}"
    return place[0].upper() + place[1:]


def verdict_groups(verdict: pd.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    """The verdict's rows by the table or section where they are printed, in its order.

    `names` replaces keys of datasets, models and claims by what a reader knows them as.
    """
    groups = []
    for place, rows in verdict.groupby("table", sort=False):
        shown = rows.assign(
            row=[names.get(row, row) for row in rows["row"]],
            column=[names.get(column, column) for column in rows["column"]],
        )
        groups.append(
            {
                "place": place_name(str(place)),
                "rows": shown.to_dict("records"),
                "agreeing": int(rows["agrees"].sum()),
            }
        )
    return groups
