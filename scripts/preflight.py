"""Check, in seconds, for everything that would stop a long run: tables, accounts, disk, GPUs.

Prints all findings with their remedies: first those that stop the whole work, then those that stop
only a part of it, such as the distances. Exits with status 1 if the work or a study would fail.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from transfer.command_line import run
from transfer.data.dataset import Dataset, read_datasets
from transfer.data.source.by_hand import to_place
from transfer.errors import UserError
from transfer.machine.gpus import usable_gpus
from transfer.papers.checks import check_paper
from transfer.papers.compared import datasets_compared
from transfer.papers.paper import read_paper
from transfer.progress.disk import (
    checkpoints_needed,
    downloads_needed,
    runs_needed,
    stores_needed,
    weights_needed,
)
from transfer.progress.findings import (
    Finding,
    check_downloads,
    check_gpus,
    check_left_out,
    check_networks,
    check_space,
    check_tables,
    check_weights,
    check_writable,
    grouped,
    missing_files,
)
from transfer.progress.slurm import check_slurm, read_profile
from transfer.progress.states import states_of
from transfer.progress.work import dataset_sizes, read_speeds, works
from transfer.study.absent import present_runs
from transfer.study.checks.libraries import known_networks
from transfer.study.config import (
    Studies,
    read_studies,
    trained_models,
)
from transfer.study.expected import chosen_studies
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes
from transfer.study.shown import reads_of
from transfer.study.sources import fetched
from transfer.study.study import Study
from transfer.validation import read_yaml

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
CONFIG = Path("config")
RESULTS = Path("results")
DOWNLOADS = Path("resources/downloads")
PUBLISHED = Path("resources/published")
SLURM_PROFILE = Path("workflow/profiles/slurm")
NETWORKS = Path("results/networks.json")
STUDY_OF_ALL = "fang2023"
DISTANCES = "the distances (Table 11 and Figure 3)"


def tables(names: list[str]) -> list[Finding]:
    """Check every configuration file separately; `names` are the requested studies."""
    findings = check_tables(
        {
            "config/config.yaml": lambda: read_yaml(CONFIG / "config.yaml", "config"),
            "config/models.tsv": lambda: read_models(CONFIG / "models.tsv"),
            "config/datasets.yaml": lambda: read_datasets(CONFIG / "datasets.yaml"),
            "config/recipes": lambda: read_recipes(CONFIG / "recipes"),
            "config/throughput.tsv": lambda: read_speeds(CONFIG / "throughput.tsv"),
        }
    )
    # Tables that cannot be read are among the findings already.
    with suppress(UserError):
        known, datasets = known_studies(), read_datasets(CONFIG / "datasets.yaml")
        papers = dict.fromkeys(study.paper for study in known.sound.values() if study.paper)
        findings += check_tables(
            {
                str(PUBLISHED / paper): partial(check_paper, PUBLISHED / paper, datasets)
                for paper in papers
            }
        )
        for name, what in known.broken.items():
            level = "error" if name in names or not names else "warning"
            only = "" if name in names or name == STUDY_OF_ALL else f"study {name}"
            found = check_tables({f"config/studies/{name}.yaml": partial(refuse, what)})
            findings += [replace(one, level=level, only=only) for one in found]
    return findings


def known_studies() -> Studies:
    """Read all studies; raises UserError if one of the tables cannot be read."""
    models = read_models(CONFIG / "models.tsv")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    recipes = read_recipes(CONFIG / "recipes")
    return read_studies(CONFIG / "studies", models, datasets, recipes, NETWORKS)


def refuse(what: str) -> None:
    """Raise UserError with this message."""
    raise UserError(what)


def compared_datasets(
    studies: Iterable[Study], datasets: dict[str, Dataset], fid: dict[str, Any]
) -> tuple[dict[str, Dataset], dict[str, tuple[str, ...]]]:
    """Datasets, including the reference, needed for distances, and the files missing by dataset.

    Datasets whose original images are in a folder named in the configuration are excluded. The
    missing files must be placed by hand before the distance of their dataset can be computed.
    """
    showing = [study for study in studies if study.paper and "fid" in reads_of(study)]
    if not showing:
        return {}, {}
    reference = fid["reference"]
    wanted = {
        name
        for study in showing
        for name in datasets_compared(study, read_paper(PUBLISHED / str(study.paper)))
    }
    compared = {n: block for n, block in datasets.items() if n in wanted or n == reference}
    files = {
        name: to_place(dataset, DOWNLOADS / name, made_for_distance(name, fid["source"]))
        for name, dataset in compared.items()
        if name not in fid["folders"]
    }
    lacking = {name: names for name, names in files.items() if names}
    if reference in lacking:
        return {}, lacking
    at_hand = set(compared) - set(lacking) - set(fid["folders"])
    return {name: dataset for name, dataset in compared.items() if name in at_hand}, lacking


def made_for_distance(dataset: str, source: str) -> list[Path]:
    """Files from which the distance of a dataset is computed; without them, it is downloaded."""
    made = [RESULTS / "data" / dataset / "index.csv"]
    if source == "originals":
        made.append(RESULTS / "fid" / "statistics" / f"{dataset}.npz")
    return made


def for_distances(finding: Finding) -> Finding:
    """Limit a finding to the distances."""
    return replace(finding, only=DISTANCES) if finding.level == "error" else finding


def study_findings(names: list[str], gpu: int | None, slurm: Path | None) -> list[Finding]:
    """Check the studies' data, weights, disks and GPUs; the tables must be valid.

    `slurm` is the profile that will be used to submit jobs, if any.
    """
    config = read_yaml(CONFIG / "config.yaml", "config")
    models = read_models(CONFIG / "models.tsv")
    datasets = read_datasets(CONFIG / "datasets.yaml")
    recipes = read_recipes(CONFIG / "recipes")
    studies = chosen_studies(known_studies(), names)
    by_hand = (config.get("weights_files", {}), DOWNLOADS, RESULTS / "data")
    asked = [
        one for study in studies for one in present_runs(study, recipes, models, datasets, *by_hand)
    ]
    runs = tuple(dict.fromkeys(asked))
    results, downloads = RESULTS, DOWNLOADS
    states = states_of(runs, results / "runs")
    to_train = [s.run for s in states if s.state not in ("done", "diverged")]
    # A derived dataset needs the one whose images it takes.
    needed = {name for one in to_train for name in (one.dataset, datasets[one.dataset].images_of)}
    trained_on = {name: dataset for name, dataset in datasets.items() if name in needed}
    compared, lacking = compared_datasets(studies, datasets, config["fid"])
    left_out = {name: files for name, files in lacking.items() if name not in trained_on}
    used = trained_on | compared
    sizes = dataset_sizes(results / "data", used)
    unprepared = {n: b for n, b in used.items() if n not in sizes or not sizes[n].prepared}
    to_train_on = {n: b for n, b in unprepared.items() if n in trained_on}
    pinned = {
        one.model: models[one.model]
        for one in to_train
        if fetched(recipes[one.recipe].settings(one.dataset, models[one.model]), models[one.model])
    }
    weights = Path("resources/weights")
    trained = [models[one.model] for one in to_train]
    try:
        gpus, lost = usable_gpus(), []
    except UserError as error:
        gpus, lost = (), [Finding("error", str(error), "every training here would fail")]
    profile = read_profile(slurm) if slurm else None
    here = max(len(gpus), 1) * config["runs_per_gpu"]
    places = gpu or (profile.jobs if profile else here)
    at_once = f"{places} run{'s' if places > 1 else ''} at once"
    if profile and not gpu:
        at_once += ", as the profile allows (--gpu N if fewer)"
    named = trained_models(studies, models)

    def space(to_prepare: dict[str, Dataset]) -> list[Finding]:
        work = works(to_train, recipes, models, sizes)
        return check_space(
            {
                "downloads": (downloads, downloads_needed(to_prepare, downloads)),
                "prepared datasets": (results / "data", stores_needed(to_prepare, sizes)),
                "weights": (weights, weights_needed(pinned, weights)),
                f"checkpoints of {at_once}": (
                    results / "runs",
                    checkpoints_needed(trained, places),
                ),
                "runs": (results / "runs", runs_needed(to_train, work, sizes)),
            }
        )

    fits = space(to_train_on)
    if all(finding.level != "error" for finding in fits):
        fits = [for_distances(finding) for finding in space(unprepared)]
    missing = missing_files(unprepared, downloads)
    answers = check_downloads(missing)
    findings = [
        *check_networks(named, known_networks(named, NETWORKS)),
        *check_writable([results, weights, downloads, Path(".snakemake")]),
        *fits,
        *check_weights(pinned, config.get("weights_files", {}), weights),
        *[
            finding if dataset in trained_on else for_distances(finding)
            for (dataset, _, _), finding in zip(missing, answers, strict=True)
        ],
        *check_left_out(left_out, datasets, config["fid"]["reference"], downloads),
    ]
    if profile:
        return findings + check_slurm(profile.minutes)
    return findings + (lost or check_gpus(gpus, gpu, config["runs_per_gpu"]))


def show(findings: list[Finding], work: str) -> None:
    """Print passed checks and warnings, then what stops the work, then what stops a part of it."""
    console = Console(soft_wrap=True, highlight=False)
    errors = [finding for finding in findings if finding.level == "error"]
    counts = Counter(finding.only for finding in errors)
    remedies: set[str] = set()

    def print_all(shown: Iterable[Finding]) -> None:
        for finding in shown:
            colour = COLOURS[finding.level]
            console.print(f"[{colour}]{finding.level:8}[/{colour}] {escape(finding.what)}")
            if finding.remedy:
                remedy = "as above" if finding.remedy in remedies else finding.remedy
                console.print(f"         -> {escape(remedy)}")
            remedies.add(finding.remedy)

    print_all(finding for finding in findings if finding.level != "error")
    for part in sorted(counts):
        console.print(f"This stops only {part}:" if part else f"This stops {work}:")
        print_all(finding for finding in errors if finding.only == part)
    for part, count in sorted(counts.items()):
        what = f"{count} finding{'s' * (count > 1)} would stop"
        console.print(f"{what} only {part}." if part else f"{what} {work}.")
    if not errors:
        console.print("All checks passed.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", nargs="*", default=[], help="default: all studies with runs")
    parser.add_argument("--gpu", type=int, help="the N of --resources gpu=N that you will use")
    parser.add_argument(
        "--slurm",
        type=Path,
        nargs="?",
        const=SLURM_PROFILE,
        metavar="PROFILE",
        help=f"check Slurm instead of local GPUs (default profile: {SLURM_PROFILE})",
    )
    args = parser.parse_args()
    findings = tables(args.study)
    if all(finding.level != "error" or finding.only for finding in findings):
        try:
            findings += study_findings(args.study, args.gpu, args.slurm)
        except UserError as error:
            findings.append(Finding("error", str(error), "correct the command or the table"))
    findings = grouped(findings)
    show(findings, f"study {', '.join(args.study)}" if args.study else "`all`")
    sys.exit(any(one.level == "error" and one.only != DISTANCES for one in findings))


if __name__ == "__main__":
    run(main)
