# Inputs and params of selection.

import functools
import json

from transfer.progress.rounds import selection_round
from transfer.study.absent import absent_cells
from transfer.study.grid import study_cells
from transfer.training.accepted import BY_NAME, accepted_rows


def study_runs(wildcards):
    """The record of every run of a study, but for cells that wait for files."""
    absent = absent_of(wildcards.study)
    runs = [
        f"results/runs/{cell.dataset}/{cell.model}/{cell.recipe}/{hp}/metrics.json"
        for cell in study_cells(STUDIES[wildcards.study], RECIPES)
        if (cell.dataset, cell.model, cell.recipe) not in absent
        for hp in cell.runs
    ]
    return those_there(runs)


# Evaluated once per call, which must run with what it has planned even if a file appears meanwhile.
@functools.cache
def absent_of(study):
    """Cells of a study's optional parts that wait for files, and what they lack."""
    return absent_cells(
        STUDIES[study],
        RECIPES,
        MODELS,
        DATASETS,
        config["weights_files"],
        Path("resources/downloads"),
        Path("results/data"),
    )


def absent_flag(wildcards):
    """The argument of selection that names these cells, if there are any."""
    absent = {"/".join(key): why for key, why in absent_of(wildcards.study).items()}
    return f"--absent {quote(json.dumps(absent))}" if absent else ""


def study_recipes(wildcards):
    """The files with a study's recipes and those they are based on."""
    parts = STUDIES[wildcards.study].parts.values()
    return sorted({str(path) for part in parts for path in RECIPES[part.recipe].files})


# By study. A call must run with the round it has planned with, even after the runs exist again.
ROUNDS = {}


def study_round(wildcards):
    """A number that changes when a run's record or the table of results is missing.

    The study is then selected again, and everything made from that table is repeated.
    """
    study = wildcards.study
    if STUDIES[study].source != "runs":
        return 0
    if study not in ROUNDS:
        ROUNDS[study] = selection_round(Path("results", study), study_runs(wildcards))
    return ROUNDS[study]


def accepted_by_name(wildcards):
    """Versions of the training code accepted by name, which the study's page states.

    Those that the present code counts through; where it counts through none, none.
    """
    used = {
        (
            part.recipe,
            training_code(DATASETS[dataset].metric, *RECIPES[part.recipe].functions),
        )
        for part in STUDIES[wildcards.study].parts.values()
        for dataset in part.datasets
    }
    return sorted(
        f"{row.recipe}: {row.code} as {row.counts_as}"
        for recipe, code in used
        for row in accepted_rows(recipe, code, ACCEPTED)
        if row.how == BY_NAME
    )
