"""Figures inside a page: one SVG each that a script can point at and a dark page recolour."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from markupsafe import Markup

# A matplotlib figure of 7.35 inches is as wide as the page.
PAGE_PIXELS_PER_POINT = 1.6
# What the style sheet calls the colours of `transfer.drawing.style`, to replace them in the dark.
COLOURS = {
    "#ffffff": "plate",
    "#000000": "black",
    "#262626": "ink",
    "#6e6e6e": "grey",
    "#0072b2": "blue",
    "#3a9bdc": "sky",
    "#00795a": "green",
    "#c77f00": "orange",
    "#c44e00": "vermilion",
    "#aa4a8f": "purple",
}
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"
COLOUR = re.compile("#[0-9a-fA-F]{6}(?![0-9a-zA-Z])")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
MOVE = re.compile(r"translate\([^)]*\)")
# An address within the file: `#id`, or `url(#id)` among the properties of a style.
REFERENCE = re.compile(r"(^|url\()#([^)]+)")
REFERRING = (XLINK, "clip-path", "style", "fill", "stroke", "mask", "filter")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class DrawnPoint:
    """A point as the SVG describes it; `panel` and `family` may be empty."""

    name: str
    panel: str
    value: str
    family: str


@dataclass(frozen=True)
class InlineFigure:
    """A figure as an SVG element, its width in pixels, caption, and the points that it names."""

    svg: Markup
    width: int
    caption: str
    points: tuple[DrawnPoint, ...]


def inline_figure(path: str | Path) -> InlineFigure:
    """An SVG file, no larger than the others on the page, with its caption in a file beside it.

    Ids become unique on the page by the name of the file, coordinates lose digits below a hundredth
    of a point, and the colours of the figures' style become variables of the style sheet.
    """
    path = Path(path)
    root = ElementTree.parse(path).getroot()
    width = round(float(root.attrib["width"].removesuffix("pt")) * PAGE_PIXELS_PER_POINT)
    points = tuple(_points(root))
    _rename_ids(root, path.stem)
    _tidy(root)
    *_, wide, high = root.attrib["viewBox"].split()
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{path.stem}-name",
        "aria-describedby": f"{path.stem}-caption",
        "style": f"--width:{width}px;aspect-ratio:{wide}/{high}",
    }
    svg = Markup(ElementTree.tostring(root, encoding="unicode"))
    caption = path.with_suffix(".md").read_text(encoding="utf-8").strip()
    return InlineFigure(svg, width, caption, points)


def _points(root: Element) -> list[DrawnPoint]:
    families = {
        id(mark): group.get("data-family", "")
        for group in root.iter()
        if "data-family" in group.attrib
        for mark in group.iter()
    }
    found = []
    for mark in root.iterfind(".//*[@class='point']"):
        name, *panel, value = (mark.findtext(f"{SVG}title") or "").split("\n")
        found.append(DrawnPoint(name, " ".join(panel), value, families.get(id(mark), "")))
    return found


def _rename_ids(root: Element, name: str) -> None:
    """Number the ids that something refers to, after the figure's name; remove the others."""
    referring = [
        (element, key)
        for element in root.iter()
        for key in REFERRING
        if REFERENCE.search(element.get(key, ""))
    ]
    wanted = {
        old for element, key in referring for _, old in REFERENCE.findall(element.attrib[key])
    }
    new: dict[str, str] = {}
    for element in root.iter():
        old = element.attrib.pop("id", "")
        if old in wanted:
            new[old] = f"{name}-{len(new) + 1}"
            element.set("id", new[old])
    for element, key in referring:
        address = REFERENCE.sub(lambda found: f"{found[1]}#{new[found[2]]}", element.get(key, ""))
        element.set(key, address)


def _tidy(root: Element) -> None:
    """Drop what a page has no use for: namespaces, metadata, spaces, style sheets, idle digits."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{SVG}metadata", f"{SVG}style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.tail = None
        if element.tag != "title":
            element.text = None
        for key, shorten in (("d", _outline), ("x", _rounded), ("y", _rounded)):
            if key in element.attrib:
                element.set(key, shorten(element.attrib[key]))
        if XLINK in element.attrib:
            element.set("href", element.attrib.pop(XLINK))
        if "transform" in element.attrib:
            moved = MOVE.sub(lambda found: _rounded(found[0]), element.attrib["transform"])
            element.set("transform", moved)
        if "style" in element.attrib:
            element.set("style", _style(element.attrib["style"]))


def _rounded(text: str) -> str:
    return NUMBER.sub(lambda found: f"{round(float(found[0]), 2):g}", text)


def _outline(text: str) -> str:
    """The data of a path with the same space everywhere, and none beside its letters."""
    return re.sub(r" ?([A-Za-z]) ?", r"\1", SPACE.sub(" ", _rounded(text)).strip())


def _style(text: str) -> str:
    """A style without spaces, its known colours as variables."""

    def named(found: re.Match[str]) -> str:
        colour = found[0].lower()
        return f"var(--{COLOURS[colour]})" if colour in COLOURS else colour

    return COLOUR.sub(named, re.sub(r"([:;]) ", r"\1", text))
