"""Show the progress of studies: runs by state, best values, speed and time left.

Reads only files, so it works whether or not Snakemake is running, from another terminal, and from
another machine on the same file system.
"""

import argparse
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
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
from transfer.progress.summary import STATES, StatusRow, summarise, total_left
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.study.absent import present_runs
from transfer.study.config import read_studies
from transfer.study.expected import Run, chosen_studies
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.validation import read_yaml
from transfer.words import duration, number

REFRESH_SECONDS = 10.0
SHOWN_ERRORS = 8
WIDTH_OF_A_FILE = 140


def cells(row: StatusRow) -> list[str]:
    """Format the cells of a row."""
    counts = [str(row.counts.get(state, 0) or "·") for state in STATES]
    return [
        *counts,
        number(row.best, 4),
        number(row.images_per_second, 0),
        f"{'~' * row.reckoned}{duration(row.seconds_left)}",
    ]


def study_table(name: str, rows: list[StatusRow], shown: list[StatusRow]) -> Table:
    """Format the rows shown of a study, with the totals of all its rows."""
    table = Table(title=f"Study {name}", title_justify="left", show_footer=True, box=SIMPLE_HEAD)
    sums = [sum(row.counts.get(state, 0) for row in rows) for state in STATES]
    left, unknown = total_left(rows)
    table.add_column("dataset", footer="all")
    table.add_column("model", no_wrap=True, footer=f"{sum(row.expected for row in rows)} runs")
    for state, total in zip(STATES, sums, strict=True):
        table.add_column(state, footer=str(total), justify="right")
    table.add_column("best", justify="right")
    table.add_column("images/s", justify="right")
    more = f" + {unknown} unknown" if unknown else ""
    table.add_column("GPU time left", footer=f"{duration(left)}{more}", justify="right")
    before = None
    for row in shown:
        table.add_row("" if row.dataset == before else row.dataset, row.model, *cells(row))
        before = row.dataset
    return table


def remarks(states: list[RunState], rows: list[StatusRow]) -> list[str]:
    """Notes below the table."""
    lines = []
    running = [state for state in states if state.state == "running"]
    left, unknown = total_left(rows)
    if running and not unknown:
        lines.append(
            f"At the current {len(running)} at once: about {duration(left / len(running))}."
        )
    if any(row.reckoned for row in rows):
        lines.append(
            "~ is estimated from speeds on other datasets or, without any runs yet, from "
            "config/throughput.tsv; plan.py shows which."
        )
    if elsewhere := sum(not state.here for state in running):
        lines.append(
            f"{elsewhere} of the running ones are on other machines: they count as running until "
            "they report otherwise, even if they were killed there."
        )
    failed = [state for state in states if state.state == "failed"]
    for state in failed[:SHOWN_ERRORS]:
        run_ = state.run
        lines.append(f"failed: {run_.dataset}/{run_.model}/{run_.recipe}/{run_.hp}: {state.error}")
    if len(failed) > SHOWN_ERRORS:
        lines.append(f"and {len(failed) - SHOWN_ERRORS} more failed")
    return lines


def estimated_seconds(
    measured: Measured, work: Mapping[Run, Work], published: Mapping[str, Speed], run: Run
) -> float | None:
    """Seconds that a run would take, if its work and a speed are known."""
    return measured.estimate(run, work[run], published).seconds if run in work else None


def shown_rows(rows: list[StatusRow], height: int | None) -> list[StatusRow]:
    """All rows or, if there are more than `height`, those with active runs."""
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
    """Read all states and format them, with at most about `height` rows per study.

    With the `work` of each run, times without a finished run are estimated from the model's speed
    on other datasets, else from its `published` speed.
    """
    work, published = work or {}, published or {}
    parts: list[RenderableType] = []
    for name, wanted in expected.items():
        states = states_of(wanted, runs)
        measured = Measured(states if work else [], {one: work[one].image_size for one in work})
        rows = summarise(states, partial(estimated_seconds, measured, work, published))
        shown = shown_rows(rows, height)
        parts.append(study_table(name, rows, shown))
        if len(shown) < len(rows):
            parts.append(Text(f"{len(rows) - len(shown)} more rows do not fit on this terminal."))
        parts += [Text(line) for line in remarks(states, rows)]
    return Group(*parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies with runs")
    parser.add_argument("--runs", type=Path, default=Path("results/runs"))
    parser.add_argument("--config", type=Path, default=Path("config"), help="the folder of tables")
    parser.add_argument(
        "--watch",
        type=float,
        nargs="?",
        const=REFRESH_SECONDS,
        help=f"refresh every N seconds (default: {REFRESH_SECONDS:g}) until Ctrl-C",
        metavar="N",
    )
    args = parser.parse_args()
    models = read_models(args.config / "models.tsv")
    datasets = read_datasets(args.config / "datasets.yaml")
    recipes = read_recipes(args.config / "recipes")
    known = read_studies(args.config / "studies", models, datasets, recipes)
    warn(known.warnings)
    studies = chosen_studies(known, args.study)
    files = read_yaml(args.config / "config.yaml", "config").get("weights_files", {})
    places = (files, Path("resources/downloads"), args.runs.parent / "data")
    expected = {
        study.name: present_runs(study, recipes, models, datasets, *places) for study in studies
    }
    every = tuple(dict.fromkeys(one for wanted in expected.values() for one in wanted))
    # The same estimates as in plan.py.
    sizes = dataset_sizes(args.runs.parent / "data", datasets)
    work = works(every, recipes, models, sizes)
    speeds = read_speeds(args.config / "throughput.tsv")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    if not expected:
        console.print("No study with runs.")
        return
    if args.watch is None:
        console.print(view(expected, args.runs, work=work, published=speeds))
        return
    with suppress(KeyboardInterrupt), Live(console=console, auto_refresh=False) as live:
        while True:
            # Frame, heading, totals and notes of each study take twelve lines.
            height = console.height // len(expected) - 12
            live.update(view(expected, args.runs, height, work, speeds), refresh=True)
            time.sleep(max(args.watch, 0.2))


if __name__ == "__main__":
    run(main)
