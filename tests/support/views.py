"""Run a view in this process and return its figure or table."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from transfer.drawing.style import use_style
from transfer.drawing.tables import Table, write_table
from transfer.drawing.views import run_view, view_parser


def drawn(view: str, *given: Any, **options: Any):
    """The figure of a view; `given` are the options of the runner's command line."""
    use_style()
    figure = _run("figures", "draw", view, given, options).figure
    # What is drawn stays; pyplot lets go of it.
    plt.close(figure)
    return figure


def made_table(view: str, output: Path, *given: Any, **options: Any) -> Table:
    """The table of a view, written to `output`."""
    table = _run("tables", "make", view, given, options)
    write_table(table, output)
    return table


def _run(kind: str, function: str, view: str, given: tuple, options: dict[str, Any]):
    words = [view, *map(str, given), "--options", json.dumps(options), "--output", "unwritten"]
    return run_view(kind, function, view_parser(kind, "", "").parse_args(words))
