"""The words of a page: Markdown that says where figures, tables and statements go.

A paragraph that begins with a name in square brackets places something:

    [figure1]                       a figure or table of the study, by its number
    [against_imagenet]              all figures and tables of a view that are not placed yet
    [statements 4.1]                what the numbers say to the statements of a section of the paper
    [statements]                    to those of all sections that are not placed yet
    [runs], [verdict]               the selected runs; what is printed beside what is recomputed

The first figure that the words place stands at the top of the page (`open_page`).

Words that follow a figure's or table's number stand below it; those that begin with `is not here:`
say why, where the study does not have it. A number from a table of the study stands in braces, by
row and column: `{table02[cct20][slope]:.2f}`. A paragraph whose numbers the study does not have is
left out, and so is a heading that nothing follows.
"""

import math
import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markupsafe import Markup

from transfer.entries import meant
from transfer.errors import UserError
from transfer.study.views import KINDS, view_names

PLACE = re.compile(r"\[([a-z]\w*)(?: ([\w.]+))?\](?:\s+(.+))?", re.DOTALL)
HEADING = re.compile(r"(#{2,3}) (.+)")
ABSENT = "is not here:"


@dataclass(frozen=True)
class Content:
    """What a page can show.

    `views` is the view of each figure and table, by number; `numbers` what may stand in braces, by
    table; `statements` the sections of the paper of which there are some; `runs` and `verdict`
    whether there are any.
    """

    views: Mapping[str, str]
    numbers: Mapping[str, Any]
    statements: Sequence[str]
    runs: bool
    verdict: bool


@dataclass(frozen=True)
class Block:
    """A paragraph (`kind` text), or what a place shows.

    `kind` is text, figure, table, absent, statements, runs or verdict, or above for a figure at the
    top of the page; `name` the number of the figure or table, or the section of the paper; `words`
    HTML.
    """

    kind: str
    name: str = ""
    words: Markup = Markup()  # noqa: RUF009 - immutable


@dataclass(frozen=True)
class Section:
    """A heading, of level 2 or 3, and what follows it; the first one has no heading."""

    title: str = ""
    level: int = 2
    blocks: list[Block] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """The heading as the page's own links name it."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


class _MissingError(Exception):
    """A number that the study does not have."""


class _Numbers(string.Formatter):
    """Fills in numbers of tables; raises `_MissingError` for one that is missing."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key not in kwargs:
            raise _MissingError(key)
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, float) and math.isnan(value):
            raise _MissingError
        return str(super().format_field(value, format_spec))


def markdown(text: str) -> Markup:
    """Markdown as HTML; HTML in it is shown as text."""
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Markdown-it escapes the text, so what it returns is safe to put in.
    return Markup(renderer.render(text))


def inline(text: str) -> Markup:
    """A sentence of Markdown as HTML, without a paragraph around it."""
    return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(text))


def read_sections(path: Path, content: Content) -> list[Section]:
    """The sections of a page by its words, headings without anything left out.

    Figures and tables that the words do not place follow under a heading of their own, and so does
    the verdict. Raises UserError, naming the paragraph, for a place that cannot be meant and for a
    row or column that a table does not have.
    """
    sections = [Section()]
    placed: set[str] = set()
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()):
        if heading := HEADING.fullmatch(paragraph.strip()):
            sections.append(Section(heading[2], len(heading[1])))
            continue
        try:
            blocks = _blocks(paragraph.strip(), content, placed)
        except UserError as error:
            raise UserError(f"{path}: '{paragraph.strip()[:60]}': {error}") from None
        sections[-1].blocks.extend(blocks)
        placed |= {block.name or block.kind for block in blocks}
    rest = [Block(_kind(number), number) for number in content.views if number not in placed]
    if rest:
        sections.append(Section("Further figures and tables", blocks=rest))
    if content.verdict and "verdict" not in placed:
        sections.append(Section("The verdict", blocks=[Block("verdict")]))
    return _with_content(sections)


@dataclass(frozen=True)
class Opening:
    """What stands above the sections: `claim`, and the block of a figure if there is one."""

    claim: Markup
    figure: Block | None
    sections: list[Section]


def open_page(sections: Sequence[Section], claim: str = "") -> Opening:
    """Move the first figure of some sections to the top, and leave a block `above` in its place.

    `claim` is Markdown. Without one, the text that comes before all headings moves to the top: its
    first paragraph.
    """
    said = inline(claim)
    figure: Block | None = None
    rest: list[Section] = []
    for section in sections:
        blocks = []
        for block in section.blocks:
            if not said and not section.title and block.kind == "text":
                said = Markup(block.words.strip().removeprefix("<p>").removesuffix("</p>"))
            elif figure is None and block.kind == "figure":
                figure = block
                blocks.append(Block("above", block.name))
            else:
                blocks.append(block)
        rest.append(replace(section, blocks=blocks))
    return Opening(said, figure, rest)


def _blocks(paragraph: str, content: Content, placed: set[str]) -> list[Block]:
    """What a paragraph puts on the page: nothing, a text, or what it places."""
    place = PLACE.fullmatch(paragraph)
    words = " ".join((place[3] or "").split()) if place else paragraph
    try:
        filled = _Numbers().format(words, **content.numbers)
    except _MissingError:
        filled = ""
    except (LookupError, ValueError, AttributeError) as error:
        raise UserError(f"a number in braces is not there: {error}") from None
    if place is None:
        return [Block("text", words=markdown(filled))] if filled else []
    return _placed(place[1], place[2] or "", filled, content, placed)


def _placed(name: str, detail: str, words: str, content: Content, placed: set[str]) -> list[Block]:
    """What a place shows; `words` follow it."""
    why = words.removeprefix(ABSENT).strip() if words.startswith(ABSENT) else ""
    note = inline("" if why else words)
    if name == "statements":
        asked = [detail] if detail else [one for one in content.statements if one not in placed]
        return [Block("statements", one) for one in asked if one in content.statements]
    if name in ("runs", "verdict"):
        return [Block(name)] if getattr(content, name) else []
    if name in content.views:
        return [Block(_kind(name), name, note)]
    if re.match("(figure|table)[0-9_]", name):
        return [Block("absent", name, inline(why))] if why else []
    known = [view for kind in KINDS for view in view_names(kind)]
    if name not in known:
        raise UserError(f"no figure, table or view is called {name}{meant(name, known)}")
    return [
        Block(_kind(number), number, note)
        for number, view in content.views.items()
        if view == name and number not in placed
    ]


def _kind(number: str) -> str:
    return "figure" if number.startswith("figure") else "table"


def _with_content(sections: list[Section]) -> list[Section]:
    """Sections that have blocks, or of which a subsection has."""
    kept: list[Section] = []
    for section in reversed(sections):
        parent_of_kept = section.level == 2 and bool(kept) and kept[0].level == 3
        if section.blocks or parent_of_kept:
            kept.insert(0, section)
    return kept
