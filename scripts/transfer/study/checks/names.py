"""Check for unknown names and suggest the nearest known one."""

import difflib
from collections.abc import Iterable, Iterator


def meant(name: str, known: Iterable[str]) -> str:
    """A suggestion of the nearest known name; empty if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def unknown(key: str, wanted: Iterable[str], known: Iterable[str], table: str) -> Iterator[str]:
    """One line for each unknown name."""
    known = list(known)
    for name in wanted:
        if name not in known:
            yield f"{key}: '{name}' is not in {table}{meant(name, known)}"
