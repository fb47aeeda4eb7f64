"""Look, in seconds, for everything that would stop a week of work: tables, account, disk, cards.

Prints all findings at once, each with its remedy. Exit status 1 if the work would fail.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from transfer.command_line import run
from transfer.config import Study, read_datasets, read_models, read_studies, trained_models
from transfer.data.by_hand import to_place
from transfer.errors import UserError
from transfer.progress.disk import (
    checkpoints_needed,
    downloads_needed,
    runs_needed,
    stores_needed,
    weights_needed,
)
from transfer.progress.expected import chosen_studies, expected_runs
from transfer.progress.findings import (
    Finding,
    check_cards,
    check_downloads,
    check_left_out,
    check_networks,
    check_space,
    check_tables,
    check_weights,
    check_writable,
    missing_files,
)
from transfer.progress.slurm import check_slurm, read_profile
from transfer.progress.states import states_of
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.published import check_published
from transfer.study_checks.libraries import known_networks
from transfer.training.cards import usable_cards
from transfer.training.recipes import read_recipes
from transfer.validation import read_yaml

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
CONFIG = Path("config")
PUBLISHED = Path("resources/published/fang2023")
SLURM_PROFILE = Path("workflow/profiles/slurm")
NETWORKS = Path("results/networks.json")


def tables() -> list[Finding]:
    """Every table and file of configuration, each on its own."""

    def studies() -> Any:
        models = read_models(CONFIG / "models.tsv")
        datasets = read_datasets(CONFIG / "datasets.yaml")
        recipes = read_recipes(CONFIG / "recipes.yaml")
        rows = models.to_dict("index")
        return read_studies(CONFIG / "studies", rows, datasets, recipes, NETWORKS)

    return check_tables(
        {
            "config/config.yaml": lambda: read_yaml(CONFIG / "config.yaml", "config"),
            "config/models.tsv": lambda: read_models(CONFIG / "models.tsv"),
            "config/datasets.yaml": lambda: read_datasets(CONFIG / "datasets.yaml"),
            "config/recipes.yaml": lambda: read_recipes(CONFIG / "recipes.yaml"),
            "config/throughput.tsv": lambda: read_speeds(CONFIG / "throughput.tsv"),
            "config/studies": studies,
            str(PUBLISHED): lambda: check_published(PUBLISHED),
        }
    )


def compared_datasets(
    studies: list[Study], datasets: dict[str, dict[str, Any]], fid: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], dict[str, tuple[str, ...]]]:
    """Datasets whose distance to the reference will be computed, and the reference itself.

    Not those whose original images are at hand in a folder that the configuration names. Beside
    them, by dataset without a distance, the files that a person must place first.
    """
    if not any(study.paper and "table11" in study.tables for study in studies):
        return {}, {}
    reference = fid["reference"]
    compared = {
        name: block
        for name, block in datasets.items()
        if block["group"] in ("real_world", "web_scraped") or name == reference
    }
    files = {
        name: to_place(name, block, fid["source"], fid["folders"])
        for name, block in compared.items()
    }
    lacking = {name: names for name, names in files.items() if names}
    if reference in lacking:
        return {}, lacking
    at_hand = set(compared) - set(lacking) - set(fid["folders"])
    return {name: block for name, block in compared.items() if name in at_hand}, lacking


def study_findings(names: list[str], gpu: int | None, slurm: Path | None) -> list[Finding]:
    """What the studies' data, weights, disks and cards lack; the tables must be valid.

    `slurm` is the profile with which the work will be submitted, if it will.
    """
    config = read_yaml(CONFIG / "config.yaml", "config")
    models = read_models(CONFIG / "models.tsv")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    recipes = read_recipes(CONFIG / "recipes.yaml")
    known = read_studies(CONFIG / "studies", models.to_dict("index"), datasets, recipes)
    studies = chosen_studies(known, names)
    runs = tuple(dict.fromkeys(one for study in studies for one in expected_runs(study, recipes)))
    results, downloads = Path("results"), Path("resources/downloads")
    states = states_of(runs, results / "runs")
    to_train = [s.run for s in states if s.state not in ("done", "diverged")]
    used = {one.dataset: datasets[one.dataset] for one in to_train}
    compared, lacking = compared_datasets(studies, datasets, config["fid"])
    left_out = {name: files for name, files in lacking.items() if name not in used}
    used |= compared
    sizes = dataset_sizes(results / "data", PUBLISHED, used)
    unprepared = {n: b for n, b in used.items() if n not in sizes or not sizes[n].prepared}
    rows = models.to_dict("index")
    pinned = {
        one.model: rows[one.model] | {"file": config.get("weights_files", {}).get(one.model)}
        for one in to_train
        if recipes[one.recipe].settings(one.dataset, rows[one.model]).weights == "pinned"
    }
    weights = Path("resources/weights")
    trained = [rows[one.model] for one in to_train]
    try:
        cards, lost = usable_cards(), []
    except UserError as error:
        cards, lost = (), [Finding("error", str(error), "every training here would fail")]
    profile = read_profile(slurm) if slurm else None
    here = max(len(cards), 1) * config["runs_per_card"]
    places = gpu or (profile.jobs if profile else here)
    at_once = f"{places} run{'s' if places > 1 else ''} at once"
    if profile and not gpu:
        at_once += ", as the profile allows (--gpu N if fewer)"
    named = trained_models(studies, rows)
    findings = [
        *check_networks(named, known_networks(named, NETWORKS)),
        *check_writable([results, weights, downloads, Path(".snakemake")]),
        *check_space(
            {
                "downloads": (downloads, downloads_needed(unprepared, downloads)),
                "prepared datasets": (results / "data", stores_needed(unprepared, sizes)),
                "weights": (weights, weights_needed(pinned, weights)),
                f"checkpoints of {at_once}": (
                    results / "runs",
                    checkpoints_needed(trained, places),
                ),
                "runs": (
                    results / "runs",
                    runs_needed(to_train, works(to_train, recipes, models, sizes), sizes),
                ),
            }
        ),
        *check_weights(pinned, weights),
        *check_downloads(missing_files(unprepared, downloads)),
        *check_left_out(left_out, datasets, config["fid"]["reference"], downloads),
    ]
    if profile:
        return findings + check_slurm(profile.minutes)
    return findings + (lost or check_cards(cards, gpu, config["runs_per_card"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies of runs")
    parser.add_argument("--gpu", type=int, help="the N of --resources gpu=N that you will use")
    parser.add_argument(
        "--slurm",
        type=Path,
        nargs="?",
        const=SLURM_PROFILE,
        metavar="PROFILE",
        help=f"look for Slurm instead of cards (default profile: {SLURM_PROFILE})",
    )
    args = parser.parse_args()
    findings = tables()
    if all(finding.level != "error" for finding in findings):
        try:
            findings += study_findings(args.study, args.gpu, args.slurm)
        except UserError as error:
            findings.append(Finding("error", str(error), "correct the command or the table"))
    console = Console(soft_wrap=True, highlight=False)
    for finding in findings:
        colour = COLOURS[finding.level]
        console.print(f"[{colour}]{finding.level:8}[/{colour}] {escape(finding.what)}")
        if finding.remedy:
            console.print(f"         -> {escape(finding.remedy)}")
    errors = sum(finding.level == "error" for finding in findings)
    if errors:
        console.print(f"{errors} finding{'s' if errors > 1 else ''} would stop the work.")
        sys.exit(1)
    console.print("Nothing stands in the way.")


if __name__ == "__main__":
    run(main)
