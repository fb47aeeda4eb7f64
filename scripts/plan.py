"""What a study would still do: runs, card hours, gigabytes; what is done; what an edit re-runs.

Asks Snakemake what it would run and starts nothing. Hours are of one card: finished runs' own
times, else their model's speed on other datasets, else the published speeds of
config/throughput.tsv; from a speed, evaluation is reckoned as a third of a training step an image.
Where none of these tells, no number is made up.
"""

import argparse
from collections import Counter
from pathlib import Path

import yaml
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from transfer.command_line import run
from transfer.config import read_datasets, read_models, read_studies
from transfer.errors import UserError
from transfer.files import write_text
from transfer.progress.cost import Measured
from transfer.progress.disk import downloads_needed, runs_needed, stores_needed
from transfer.progress.dry_run import Output, outputs, start_dry_run
from transfer.progress.expected import chosen_studies, expected_runs
from transfer.progress.planned import FATES, Row, fate, rows_of, to_csv
from transfer.progress.states import states_of
from transfer.progress.words import hours
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.training.recipes import read_recipes

WIDTH_OF_A_FILE = 160
STUDIES = Path("config/studies")
# Snakemake's words for a file that would be made again. It looks at a rule's shell command, which
# is no reason here, before it looks at the params, which hold the fingerprint of the code.
REASONS = {
    "ok": "inputs made anew",
    "params changed": "code or settings changed",
    "rule implementation changed": "code, settings or inputs changed",
}


def table_of(rows: list[Row]) -> Table:
    """The rows for the terminal, with sums."""
    table = Table(box=SIMPLE_HEAD, show_footer=True)
    sums: Counter[str] = Counter()
    for row in rows:
        sums += row.counts
    unknown = sum(row.unknown for row in rows)
    total = hours(sum(row.seconds for row in rows))
    table.add_column("dataset", footer="all")
    table.add_column("model")
    table.add_column("runs", footer=str(sums.total()), justify="right")
    for name in FATES:
        table.add_column(name, footer=str(sums[name]), justify="right")
    more = f" + {unknown} runs not known" if unknown else ""
    table.add_column("card hours", footer=total + more, justify="right")
    table.add_column("from")
    before = None
    for row in rows:
        counts = [str(row.counts[name] or "·") for name in FATES]
        todo = row.counts["new"] + row.counts["again"]
        time = hours(row.known_seconds) if todo else "·"
        name = "" if row.dataset == before else row.dataset
        source = row.source if todo else ""
        table.add_row(name, row.model, str(row.counts.total()), *counts, time, source)
        before = row.dataset
    return table


def jobs_table(found: list[Output]) -> Table:
    """Jobs of every rule that would run, and why those that have run before would run again."""
    table = Table(box=SIMPLE_HEAD, title="Files that would be made", title_justify="left")
    for name, side in (("rule", "left"), ("new", "right"), ("again", "right"), ("because", "left")):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for rule in sorted({output.rule for output in found if output.pending}):
        own = [output for output in found if output.rule == rule and output.pending]
        again = Counter(output.status for output in own if output.again)
        words = [f"{REASONS.get(status, status)} ({n})" for status, n in again.items()]
        table.add_row(rule, str(len(own) - again.total()), str(again.total()), ", ".join(words))
    return table


def studies_of_runs() -> list[str]:
    """Names of the studies that train, read before anything is validated."""
    contents = {path.stem: yaml.safe_load(path.read_text()) for path in STUDIES.glob("*.yaml")}
    return sorted(name for name, content in contents.items() if content.get("source") == "runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies of runs")
    parser.add_argument("--csv", type=Path, help="write the table here as well")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--downloads", type=Path, default=Path("resources/downloads"))
    args, options = parser.parse_known_args()
    if options[:1] == ["--"]:
        options = options[1:]
    # Snakemake thinks on one core while the tables are read and the costs reckoned on another.
    names = args.study or studies_of_runs()
    if not names:
        raise UserError("config/studies holds no study that consists of runs: nothing to plan")
    asked = start_dry_run([f"results/{name}/paper.html" for name in names], options)
    models = read_models("config/models.tsv")
    datasets = read_datasets("config/datasets.yaml")
    recipes = read_recipes("config/recipes.yaml")
    known = read_studies("config/studies", models.index, datasets, recipes)
    studies = chosen_studies(known, names)
    expected = {study.name: expected_runs(study, recipes) for study in studies}
    every = tuple(dict.fromkeys(one for runs in expected.values() for one in runs))
    sizes = dataset_sizes(args.results / "data", Path("resources/published/fang2023"), datasets)
    work = works(every, recipes, models, sizes)
    states = states_of(every, args.results / "runs")
    measured = Measured(states, {(r.dataset, r.model): w.image_size for r, w in work.items()})
    published = read_speeds("config/throughput.tsv")
    estimates = {one: measured.estimate(one, work[one], published) for one in every}

    found = outputs(asked)
    by_path = {output.path: output for output in found}
    runs_folder = Path("results/runs")
    fates = {one: fate(by_path.get(f"{one.folder(runs_folder)}/metrics.json")) for one in every}
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    lines: list[Row] = []
    for name, runs in expected.items():
        rows = rows_of(name, runs, fates, estimates)
        console.print(f"Study {name}")
        console.print(table_of(rows))
        lines += rows
    console.print(jobs_table(found))
    used = {one.dataset: datasets[one.dataset] for one in every}
    todo = [one for one in every if fates[one] != "done"]
    for words, need in (
        ("Still to download", downloads_needed(used, args.downloads)),
        ("Prepared datasets still to make, at most", stores_needed(used, sizes)),
        ("Files of runs still to come", runs_needed(todo, work, sizes)),
    ):
        console.print(f"{words}: {need}", highlight=False)
    if args.csv:
        write_text(args.csv, to_csv(lines))


if __name__ == "__main__":
    run(main)
