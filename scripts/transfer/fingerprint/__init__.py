"""Fingerprints of code: what decides whether an edit re-runs a step."""

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
    """Twelve hexadecimal digits that stand for a script and all of this library that it reaches.

    Of a table of functions by name (`METRICS = {"accuracy": ...}`) only the entries that `choices`
    names count, if it names any: a further entry then changes nothing. The script's name, and in
    which module a definition is found, do not count.
    """
    return _digest(effects(Path(script).resolve()), choices)


@cache
def fingerprint_of_part(script: str | Path, function: str) -> str:
    """As `fingerprint`, for one function of a file that another script imports and calls.

    Raises ValueError if the file does not define it.
    """
    return _digest(
        [*effects(Path(script).resolve()), defined(Path(script).resolve(), function)], ()
    )


@cache
def fingerprint_of(functions: tuple[str, ...], choices: tuple[str, ...] = ()) -> str:
    """As `fingerprint`, for functions given in full, such as `transfer.training.run.train_run`.

    Raises ValueError for one that this library does not have.
    """
    roots = []
    for name in functions:
        found = list(named(name.split(".")))
        if not found:
            raise ValueError(f"no function {name} in this library")
        roots += found
    return _digest(roots, choices)
