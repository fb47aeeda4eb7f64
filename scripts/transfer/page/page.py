"""Render a self-contained page from a study's figures, tables and verdict."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from transfer.page.words import inline, markdown
from transfer.papers.verdict import AGREES, is_number, with_digits_of
from transfer.study.views import place_name

TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class PageTable:
    """A table as HTML without its caption, the caption, and the way to its CSV from the page."""

    html: Markup
    caption: Markup
    link: str = ""


@dataclass(frozen=True)
class Origin:
    """Origin of a figure or table: its script, a link to it, and the command that redraws it."""

    script: str
    link: str
    command: str


def read_table_html(path: str | Path, link: str = "") -> PageTable:
    """A table's Markdown file: its caption, then the table, whose first column names its rows."""
    text = Path(path).read_text(encoding="utf-8")
    caption, bar, rows = f"\n\n{text}".partition("\n\n|")
    html = re.sub("<th(?=[ >])", '<th scope="col"', markdown(bar + rows))
    html = re.sub("(<tr>\n)<td(.*?)</td>", r'\1<th scope="row"\2</th>', html)
    inner = html.removeprefix("<table>\n").rstrip().removesuffix("</table>")
    return PageTable(Markup(inner), inline(caption.strip()), link)


def table_numbers(path: str | Path) -> dict[Any, dict[Any, Any]]:
    """A table's CSV file by row and column; rows are named by its first column."""
    table = pd.read_csv(path)
    named = table.drop_duplicates(table.columns[0]).set_index(table.columns[0])
    return named.astype(object).to_dict("index")


def show_recomputed(row: Mapping[str, Any]) -> str:
    """A recomputed number of the verdict with the digits that the paper prints.

    A number that agrees is shown as printed: on the edge of rounding either digit is right. Beside
    a word it is shown as it is.
    """
    printed = str(row["published"])
    return (
        printed
        if row["state"] == AGREES and is_number(printed)
        else with_digits_of(printed, row["recomputed"])
    )


def render_page(template: str, content: dict[str, Any]) -> str:
    """Render a template of this folder; names missing from `content` raise UndefinedError."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["recomputed"] = show_recomputed
    environment.filters["place_name"] = place_name
    return environment.get_template(template).render(content)


def verdict_groups(verdict: pd.DataFrame, names: dict[str, str]) -> list[dict[str, Any]]:
    """The verdict's rows by the table or section where they are printed, in its order.

    `names` maps keys of datasets, models and claims to display names.
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
