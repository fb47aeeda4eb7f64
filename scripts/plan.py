"""Show what studies still have to do: runs, GPU hours, disk space, and what an edit re-runs.

Performs a dry run of Snakemake and starts nothing. Hours are for one GPU, estimated from finished
runs of the same cell, else from the model's speed on other datasets, else from the published speeds
of config/throughput.tsv; evaluating an image is assumed to cost a third of training on it. Without
any of these the time is reported as unknown.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from transfer.command_line import run, warn
from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.files import write_text
from transfer.machine.gpus import usable_gpus
from transfer.progress.cost import Estimate, Measured
from transfer.progress.disk import Need
from transfer.progress.dry_run import Output, outputs, start_dry_run
from transfer.progress.planned import (
    FATES,
    TO_COME,
    PlannedRow,
    Space,
    datasets_to_prepare,
    fate,
    rows_of,
    spaces_of,
    to_csv,
)
from transfer.progress.states import states_of
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.study.absent import present_runs
from transfer.study.config import read_studies
from transfer.study.expected import Run, chosen_studies
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.validation import read_yaml
from transfer.words import hours, span

WIDTH_OF_A_FILE = 160
# Snakemake's status of a file that would be created again. It compares the shell command, which
# triggers nothing here, before the params, which hold the fingerprint of the code.
REASONS = {
    "ok": "inputs created again",
    "params changed": "code or settings changed",
    "rule implementation changed": "code, settings or inputs changed",
}
# One of its params changes when the record of a run is missing.
REASONS_TO_SELECT = REASONS | {"params changed": "code or settings changed, or a run is missing"}


def table_of(rows: list[PlannedRow]) -> Table:
    """Format the rows for the terminal, with totals."""
    table = Table(box=SIMPLE_HEAD, show_footer=True)
    sums: Counter[str] = Counter()
    for row in rows:
        sums += row.counts
    unknown = sum(row.unknown for row in rows)
    total = hours(sum(row.seconds for row in rows))
    table.add_column("dataset", footer="all")
    table.add_column("model")
    table.add_column("runs", footer=str(sums.total()), justify="right")
    fates = [name for name in FATES if name != "left out" or sums[name]]
    for name in fates:
        table.add_column(name, footer=str(sums[name]), justify="right")
    more = f" + {unknown} runs unknown" if unknown else ""
    table.add_column("GPU hours", footer=total + more, justify="right")
    table.add_column("from")
    before = None
    for row in rows:
        counts = [str(row.counts[name] or "·") for name in fates]
        time = hours(row.known_seconds) if row.to_come else "·"
        name = "" if row.dataset == before else row.dataset
        source = row.source if row.to_come else ""
        table.add_row(name, row.model, str(row.counts.total()), *counts, time, source)
        before = row.dataset
    return table


def files_table(found: list[Output]) -> Table:
    """Count the files that each rule would create, with reasons for those created again."""
    table = Table(box=SIMPLE_HEAD, title="Files to create", title_justify="left")
    for name, side in (("rule", "left"), ("new", "right"), ("again", "right"), ("because", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for rule in sorted({output.rule for output in found if output.pending}):
        own = [output for output in found if output.rule == rule and output.pending]
        again = Counter(output.status for output in own if output.again)
        reasons = REASONS_TO_SELECT if rule == "select_runs" else REASONS
        words = [f"{reasons.get(status, status)} ({n})" for status, n in again.items()]
        table.add_row(rule, str(len(own) - again.total()), str(again.total()), ", ".join(words))
    return table


def spaces_table(spaces: list[Space]) -> Table:
    """Format the disk space still needed, with totals."""
    table = Table(
        box=SIMPLE_HEAD, title="Disk space still needed", title_justify="left", show_footer=True
    )
    table.add_column("dataset", footer="all")
    columns = {"downloads": "downloads", "store": "store, at most", "runs": "runs"}
    for name, title in columns.items():
        total = sum((getattr(space, name) for space in spaces), Need(0))
        table.add_column(title, footer=total.short, justify="right")
    for space in spaces:
        needs = (space.downloads, space.store, space.runs)
        table.add_row(space.dataset, *(need.short for need in needs))
    return table


def counted(runs: int) -> str:
    """Format a number of runs, such as `1 run` or `8,040 runs`."""
    return f"{runs:,} run{'s' * (runs != 1)}"


def total_of(
    todo: Sequence[Run], estimates: Mapping[Run, Estimate], gpus: Sequence[int], assumed: str
) -> str:
    """Summarise the total time on each number of GPUs; runs without an estimate are listed."""
    if not todo:
        return "Total: no runs left to train."
    seconds = [estimates[one].seconds for one in todo]
    known = sum(second for second in seconds if second is not None)
    on = ", ".join(f"{span(known / n)} on {n} GPU{'s' * (n > 1)}" for n in gpus)
    of_time = f", {hours(known)} of GPU time: {on}{assumed}" if known else ""
    lines = [f"Total: {counted(len(todo))} to train{of_time}."]
    if unknown := [one for one in todo if estimates[one].seconds is None]:
        models = ", ".join(dict.fromkeys(one.model for one in unknown))
        what = f"{counted(len(unknown))} of unknown speed"
        lines.append(f"Not included: {what}: {models}.")
    lines.append("Downloads, preparation and distances take additional time.")
    return "\n".join(lines)


def gpus_here() -> int:
    """Number of usable GPUs of this machine."""
    try:
        return len(usable_gpus())
    except UserError:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--gpus",
        type=int,
        metavar="N",
        help="number of GPUs (default: those of this machine; if none, show 1 and 4)",
    )
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies with runs")
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--downloads", type=Path, default=Path("resources/downloads"))
    args, options = parser.parse_known_args()
    if options[:1] == ["--"]:
        options = options[1:]
    models = read_models("config/models.tsv")
    datasets = read_datasets("config/datasets.yaml")
    recipes = read_recipes("config/recipes")
    known = read_studies("config/studies", models, datasets, recipes, Path("results/networks.json"))
    warn(known.warnings)
    studies = chosen_studies(known, args.study)
    if not studies:
        raise UserError("config/studies contains no study with runs: nothing to plan")
    # The dry run occupies one core while the costs are estimated on another.
    asked = start_dry_run([f"results/{study.name}/paper.html" for study in studies], options)
    files = read_yaml("config/config.yaml", "config").get("weights_files", {})
    places = (files, Path("resources/downloads"), args.results / "data")
    expected = {
        study.name: present_runs(study, recipes, models, datasets, *places) for study in studies
    }
    every = tuple(dict.fromkeys(one for runs in expected.values() for one in runs))
    sizes = dataset_sizes(args.results / "data", datasets)
    work = works(every, recipes, models, sizes)
    states = states_of(every, args.results / "runs")
    measured = Measured(states, {one: work[one].image_size for one in every})
    published = read_speeds("config/throughput.tsv")
    estimates = {one: measured.estimate(one, work[one], published) for one in every}

    found = outputs(asked)
    by_path = {output.path: output for output in found}
    runs_folder = Path("results/runs")
    fates = {
        state.run: fate(by_path.get(f"{state.run.folder(runs_folder)}/metrics.json"), state.state)
        for state in states
    }
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    lines: list[PlannedRow] = []
    for name, runs in expected.items():
        rows = rows_of(name, runs, fates, estimates)
        console.print(f"Study {name}")
        console.print(table_of(rows))
        lines += rows
    console.print(files_table(found))
    todo = [one for one in every if fates[one] in TO_COME]
    spaces = spaces_of(datasets, datasets_to_prepare(found), todo, work, sizes, args.downloads)
    console.print(spaces_table(spaces))
    here = gpus_here()
    gpus = [args.gpus or here] if args.gpus or here else [1, 4]
    assumed = "" if args.gpus else f" ({here or 'no'} GPU{'s' * (here > 1)} here; see --gpus)"
    console.print(total_of(todo, estimates, gpus, assumed), soft_wrap=True, highlight=False)
    if args.csv:
        write_text(args.csv, to_csv(lines, spaces))


if __name__ == "__main__":
    run(main)
