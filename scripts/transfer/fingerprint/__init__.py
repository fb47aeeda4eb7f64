"""Fingerprints of code, which decide whether an edit re-runs a step."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from transfer.fingerprint.references import Definition, defined, effects, named, reachable

DIGITS = 12


def _digest(roots: Iterable[Definition], choices: Iterable[str]) -> str:
    texts = sorted(reachable(roots, frozenset(choices)))
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:DIGITS]


@cache
def fingerprint(script: str | Path, choices: tuple[str, ...] = ()) -> str:
    """Fingerprint of a script and all package code that it reaches: twelve hexadecimal digits.

    If `choices` names entries of a table of functions (`METRICS = {"accuracy": ...}`), only those
    count, so that adding an entry changes nothing. The name of the script and the modules in which
    definitions are found do not count.
    """
    return _digest(effects(Path(script).resolve()), choices)


@cache
def fingerprint_of_part(script: str | Path, function: str) -> str:
    """Fingerprint of a function in a file that another script imports and calls.

    Raises ValueError if the file does not define it.
    """
    return _digest(
        [*effects(Path(script).resolve()), defined(Path(script).resolve(), function)], ()
    )


@cache
def fingerprint_of(functions: tuple[str, ...], choices: tuple[str, ...] = ()) -> str:
    """Fingerprint of functions given by full name, such as `transfer.training.run.train_run`.

    Raises ValueError for a function that does not exist.
    """
    roots = []
    for name in functions:
        found = list(named(name.split(".")))
        if not found:
            raise ValueError(f"no function {name} in this library")
        roots += found
    return _digest(roots, choices)
