"""How often the runs of a study were selected: what shows Snakemake that one is gone."""

import os
from collections.abc import Iterable
from pathlib import Path

NAME = "round.txt"


def selection_round(study: Path, runs: Iterable[str]) -> int:
    """The number to select a study's runs with.

    `study` is its folder in results, `runs` the records that it is selected from. The number is
    that of the last selection, kept in `round.txt`, 0 if there was none; one more if a record, or
    the table that was selected from them, is gone since: Snakemake deletes it when a selection
    fails, and does not ask for it while pages that were made from it are there.
    """
    before = (study / NAME).is_file()
    try:
        last = int((study / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        last = 0
    selected = (study / "results.csv").is_file()
    if not before and not selected:
        return last
    return last if selected and all(map(os.path.isfile, runs)) else last + 1
