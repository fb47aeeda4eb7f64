"""Names that a table does not have, with the nearest one that it has."""

import difflib
from collections.abc import Iterable, Iterator


def meant(name: str, known: Iterable[str]) -> str:
    """A clause that asks whether the nearest known name was meant; empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def unknown(key: str, wanted: Iterable[str], known: Iterable[str], table: str) -> Iterator[str]:
    """A line for each name that its table does not have."""
    known = list(known)
    for name in wanted:
        if name not in known:
            yield f"{key}: '{name}' is not in {table}{meant(name, known)}"
