"""What is drawn, in words: the names and values of points travel in the SVG, for a page to show.

A view states them as the gid of what it draws, and `describe_svg` turns them into `<title>` and
`data-family` in the file. PDF and PNG have no place for them.
"""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from matplotlib.artist import Artist
from matplotlib.legend import Legend
from matplotlib.legend_handler import HandlerLine2D
from matplotlib.lines import Line2D

from transfer.metrics import METRICS

SVG = "{http://www.w3.org/2000/svg}"
NAMESPACES = {
    "": "http://www.w3.org/2000/svg",
    "xlink": "http://www.w3.org/1999/xlink",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "cc": "http://creativecommons.org/ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
}
POINTS, FAMILY = "points:", "family:"


@dataclass(frozen=True)
class Point:
    """A drawn point: the `name` of its model or dataset, and its `value` with unit and interval.

    `family` is what a legend entry stands for, the same text as of that entry; `panel` is the title
    of the panel, in a figure that has several.
    """

    name: str
    value: str
    family: str = ""
    panel: str = ""


def named(points: Sequence[Point]) -> str:
    """The gid of an artist that draws these points, in its order: `ax.plot(x, y, "o", gid=...)`.

    For markers of `plot`, `scatter` and `errorbar`, and for the lines of `vlines` and `hlines`. A
    point that is not drawn, because it is NaN, must not be among them.
    """
    return POINTS + json.dumps([astuple(point) for point in points], ensure_ascii=False)


def of_family(*families: str) -> str:
    """The gid of a legend's handle, or of a curve, a band or a bar that belongs to a family.

    Of an artist that draws several, such as `vlines`, the family of each.
    """
    return FAMILY + json.dumps(families, ensure_ascii=False)


def value_words(metric: str, value: float, lower: float | None = None, upper: float = 1) -> str:
    """A value of a metric, a fraction, in its unit: `Accuracy 76.52 % (75.10 to 77.90)`."""
    known = METRICS[metric]
    scale, digits, unit = (100, 2, " %") if known.percent else (1, 4, "")
    words = f"{known.label} {value * scale:.{digits}f}{unit}"
    if lower is None or lower != lower:
        return words
    return f"{words} ({lower * scale:.{digits}f} to {upper * scale:.{digits}f})"


def keep_families_in_legends() -> None:
    """Let the entries that matplotlib makes from handles keep their families."""

    def update(entry: Artist, handle: Artist) -> None:
        entry.update_from(handle)
        if (handle.get_gid() or "").startswith(FAMILY):
            entry.set_gid(handle.get_gid())

    Legend.update_default_handler_map({Line2D: HandlerLine2D(update_func=update)})


def describe_svg(path: Path) -> None:
    """Replace the gids of an SVG by what they say.

    A point becomes an element of class `point` with a `<title>`: name, panel, value, a line each.
    An entry of a legend becomes a group of class `entry`, titled as it is labelled. Each has its
    `data-family`.
    Raises ValueError where an artist draws another number of points than its gid names.
    """
    for prefix, address in NAMESPACES.items():
        ElementTree.register_namespace(prefix, address)
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    tree = ElementTree.parse(path, parser)
    for parent in list(tree.iter()):
        for group in list(parent):
            gid = group.get("id") or ""
            if gid.startswith(POINTS):
                points = [Point(*one) for one in json.loads(gid.removeprefix(POINTS))]
                marks = _set_families(group, [point.family for point in points])
                for mark, point in zip(marks, points, strict=True):
                    _describe(mark, point)
            elif gid.startswith(FAMILY):
                families = json.loads(gid.removeprefix(FAMILY))
                if (parent.get("id") or "").startswith("legend"):
                    _describe_entry(parent, group, *families)
                else:
                    _set_families(group, families)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _set_families(group: Element, families: list[str]) -> list[Element]:
    """Say which family each mark of a group is of; returns the marks, or the group if it is one."""
    del group.attrib["id"]
    marks = [group] if len(families) == 1 else _marks(group)
    if len(marks) != len(families):
        raise ValueError(f"{len(families)} points are named, and {len(marks)} drawn: {families}")
    if len(set(families)) == 1:
        group.set("data-family", families[0])
    else:
        for mark, family in zip(marks, families, strict=True):
            mark.set("data-family", family)
    return marks


def _marks(group: Element) -> list[Element]:
    """The markers that a group draws, or else its lines; not the shapes that it defines."""
    shapes = {id(shape) for defs in group.iter(f"{SVG}defs") for shape in defs.iter()}
    markers, lines = (
        [one for one in group.iter(SVG + tag) if id(one) not in shapes] for tag in ("use", "path")
    )
    return markers or lines


def _describe(mark: Element, point: Point) -> None:
    mark.set("class", "point")
    title = Element(f"{SVG}title")
    title.text = "\n".join(words for words in (point.name, point.panel, point.value) if words)
    mark.insert(0, title)


def _describe_entry(legend: Element, handle: Element, family: str) -> None:
    """Put a legend's handle and the text that follows it into a group."""
    del handle.attrib["id"]
    place = list(legend).index(handle)
    text = legend[place + 1]
    entry = Element(f"{SVG}g", {"class": "entry", "data-family": family})
    legend.remove(text)
    legend[place] = entry
    # What matplotlib draws as outlines it says in a comment.
    title = Element(f"{SVG}title")
    comments = [one for one in text.iter() if one.tag is ElementTree.Comment]
    title.text = " ".join(str(one.text).strip() for one in comments)
    entry.extend([title, handle, text])
