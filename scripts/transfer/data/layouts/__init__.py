"""How labels and images lie in a source's files: one module per layout, named by `layout.kind`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from transfer.data.decoding import Reading
from transfer.data.layouts import (
    camera_traps,
    cifar,
    digits,
    folders,
    imagenet,
    lists,
    matlab,
    protein_atlas,
    table,
    voc,
)
from transfer.data.members import Member, ReadAs
from transfer.data.samples import Listing
from transfer.errors import UserError

KINDS: dict[str, Callable[..., Listing]] = {
    "camera_traps": camera_traps.read,
    "table": table.read,
    "protein_atlas": protein_atlas.read,
    "folders": folders.read,
    "csv": table.read,
    "cifar": cifar.read,
    "food101": lists.food101,
    "aircraft": lists.aircraft,
    "dtd": lists.dtd,
    "pets": lists.pets,
    "sun397": lists.sun397,
    "birdsnap": lists.birdsnap,
    "voc": voc.read,
    "flowers102": matlab.flowers102,
    "cars": matlab.cars,
    "caltech101": folders.caltech101,
    "imagenet": imagenet.read,
    "digits": digits.read,
}


EXPECTED = {"folders": ": it takes one folder of images for each class, in a folder or archive"}
# Layouts of files of one's own; `csv` is a former name of `table`.
OWN = ("folders", "table", "csv")
# Options of those that say how to read their images.
READING = ("value_range", "page", "alpha")


def read_layout(
    folder: Path, scratch: Path, options: Mapping[str, Any], multilabel: bool | None = None
) -> Listing:
    """All samples found in `folder`, `options` being a dataset's `layout` block.

    `scratch` receives what must be unpacked; the samples' images read from it, so it must
    outlive them. `multilabel` says whether a cell of a table may have several labels; by default
    it may if a separator is given. Raises UserError if the files are not as the layout says.
    """
    others = ("kind", "channel_order", *READING)
    keywords = {k: v for k, v in options.items() if k not in others}
    if options["kind"] in ("table", "csv"):
        keywords["multilabel"] = multilabel
    listing = KINDS[options["kind"]](folder, scratch, **keywords)
    if not listing.samples:
        found = "".join(f"\n  {entry}" for entry in listing.left_out)
        raise UserError(
            f"{options.get('path', folder)}: no images found for layout '{options['kind']}'"
            f"{EXPECTED.get(options['kind'], '')}{found}"
        )
    return _read_as(listing, options) if options["kind"] in OWN else listing


def _read_as(listing: Listing, options: Mapping[str, Any]) -> Listing:
    """The listing, its images to be read as the options say, and refused if they must say more."""
    given = {key: options[key] for key in READING if key in options}
    if "value_range" in given:
        given["value_range"] = tuple(given["value_range"])
    reading = Reading(**given)
    samples = [replace(s, image=ReadAs(cast(Member, s.image), reading)) for s in listing.samples]
    return replace(listing, samples=tuple(samples))
