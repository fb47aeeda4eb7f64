"""How far a study is: runs done, running, diverged and failed, best values, speed, time left.

Reads only files: it needs no Snakemake to be running, disturbs none, and works from another
terminal and from another machine on the same file system.
"""

import argparse
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from transfer.command_line import run, warn
from transfer.data.dataset import read_datasets
from transfer.progress.cost import Measured, Speed, Work
from transfer.progress.states import RunState, states_of
from transfer.progress.summary import STATES, Row, summarise, total_left
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.study.config import read_studies
from transfer.study.expected import Run, chosen_studies, expected_runs
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.words import duration, number

REFRESH_SECONDS = 10.0
SHOWN_ERRORS = 8
WIDTH_OF_A_FILE = 140


def cells(row: Row) -> list[str]:
    """A row's cells as text."""
    counts = [str(row.counts.get(state, 0) or "·") for state in STATES]
    return [
        *counts,
        number(row.best, 4),
        number(row.images_per_second, 0),
        f"{'~' * row.reckoned}{duration(row.seconds_left)}",
    ]


def study_table(name: str, rows: list[Row], shown: list[Row]) -> Table:
    """A study's table of the rows shown, with the sums of all rows below."""
    table = Table(title=f"Study {name}", title_justify="left", show_footer=True, box=SIMPLE_HEAD)
    sums = [sum(row.counts.get(state, 0) for row in rows) for state in STATES]
    left, unknown = total_left(rows)
    table.add_column("dataset", footer="all")
    table.add_column("model", no_wrap=True, footer=f"{sum(row.expected for row in rows)} runs")
    for state, total in zip(STATES, sums, strict=True):
        table.add_column(state, footer=str(total), justify="right")
    table.add_column("best", justify="right")
    table.add_column("images/s", justify="right")
    more = f" + {unknown} not known" if unknown else ""
    table.add_column("GPU time left", footer=f"{duration(left)}{more}", justify="right")
    before = None
    for row in shown:
        table.add_row("" if row.dataset == before else row.dataset, row.model, *cells(row))
        before = row.dataset
    return table


def remarks(states: list[RunState], rows: list[Row]) -> list[str]:
    """What the table has no column for."""
    lines = []
    running = [state for state in states if state.state == "running"]
    left, unknown = total_left(rows)
    if running and not unknown:
        lines.append(f"With {len(running)} at once as now: about {duration(left / len(running))}.")
    if any(row.reckoned for row in rows):
        lines.append(
            "~ is reckoned from speeds on other datasets or, with no run yet, from those of "
            "config/throughput.tsv; plan.py shows which."
        )
    if elsewhere := sum(not state.here for state in running):
        lines.append(
            f"{elsewhere} of those running are on other machines: they count as running until "
            "they write that they are not, so one that was killed there stays."
        )
    failed = [state for state in states if state.state == "failed"]
    for state in failed[:SHOWN_ERRORS]:
        run_ = state.run
        lines.append(f"failed: {run_.dataset}/{run_.model}/{run_.recipe}/{run_.hp}: {state.error}")
    if len(failed) > SHOWN_ERRORS:
        lines.append(f"and {len(failed) - SHOWN_ERRORS} more failed")
    return lines


def shown_rows(rows: list[Row], height: int | None) -> list[Row]:
    """All rows, or if they are more than `height` those in which something happens."""
    if height is None or len(rows) <= height:
        return rows
    idle = ("done", "diverged", "waiting")
    busy = [row for row in rows if any(row.counts.get(s) for s in STATES if s not in idle)]
    return busy[: max(height, 1)]


def view(
    expected: dict[str, tuple[Run, ...]],
    runs: Path,
    height: int | None = None,
    work: Mapping[Run, Work] | None = None,
    published: Mapping[str, Speed] | None = None,
) -> RenderableType:
    """Everything that is shown, read again; with at most about `height` rows a study.

    With the `work` of each run, times that no finished run tells are reckoned from the speed of
    its model on other datasets, else from the `published` one.
    """
    work, published = work or {}, published or {}
    parts: list[RenderableType] = []
    for name, wanted in expected.items():
        states = states_of(wanted, runs)
        measured = Measured(states if work else [], {one: work[one].image_size for one in work})
        rows = summarise(
            states,
            lambda run, measured=measured: (
                measured.estimate(run, work[run], published).seconds if run in work else None
            ),
        )
        shown = shown_rows(rows, height)
        parts.append(study_table(name, rows, shown))
        if len(shown) < len(rows):
            parts.append(Text(f"{len(rows) - len(shown)} rows do not fit on this terminal."))
        parts += [Text(line) for line in remarks(states, rows)]
    return Group(*parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies of runs")
    parser.add_argument("--runs", type=Path, default=Path("results/runs"))
    parser.add_argument("--config", type=Path, default=Path("config"), help="the folder of tables")
    parser.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=REFRESH_SECONDS,
        help=f"show anew every so many seconds (default: {REFRESH_SECONDS:g}) until Ctrl-C",
    )
    args = parser.parse_args()
    models = read_models(args.config / "models.tsv")
    datasets = read_datasets(args.config / "datasets.yaml")
    recipes = read_recipes(args.config / "recipes")
    known = read_studies(args.config / "studies", models, datasets, recipes)
    warn(known.warnings)
    studies = chosen_studies(known, args.study)
    expected = {study.name: expected_runs(study, recipes, models) for study in studies}
    every = tuple(dict.fromkeys(one for wanted in expected.values() for one in wanted))
    # As plan.py reckons.
    sizes = dataset_sizes(args.runs.parent / "data", datasets)
    work = works(every, recipes, models, sizes)
    speeds = read_speeds(args.config / "throughput.tsv")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    if not expected:
        console.print("No study that consists of runs.")
        return
    if args.watch is None:
        console.print(view(expected, args.runs, work=work, published=speeds))
        return
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            # Frame, heading, sums and remarks of each study take twelve lines.
            height = console.height // len(expected) - 12
            live.update(view(expected, args.runs, height, work, speeds), refresh=True)
            time.sleep(max(args.watch, 0.2))


if __name__ == "__main__":
    run(main)
