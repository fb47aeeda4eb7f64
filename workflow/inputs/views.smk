# Inputs and params of figures and tables.

import json

from transfer.fingerprint import fingerprint_of_part
from transfer.study.grid import reported_splits
from transfer.study.shown import datasets_of
from transfer.study.study import study_digest
from transfer.study.views import read_view

# What everything that is computed from a study's results reads, and how its script is given it.
STUDY_FILES = {
    "results": "results/{study}/results.csv",
    # What a study's file says counts by its digest, a param: not which views it shows.
    "study": ancient("config/studies/{study}.yaml"),
    "models": lambda wildcards: model_files(STUDIES[wildcards.study]),
    "datasets": "config/datasets.yaml",
    "top1": lambda wildcards: top1_files(STUDIES[wildcards.study]),
}
STUDY_FLAGS = (
    "--results {input.results:q} --study {input.study:q} "
    "--models {input.models:q} --datasets {input.datasets:q} --top1 {input.top1:q}"
)


def shown_figure(wildcards):
    return shown_of(wildcards, "figures", wildcards.figure)


def shown_table(wildcards):
    return shown_of(wildcards, "tables", wildcards.table)


def shown_of(wildcards, kind, number):
    """The entry of a study for a figure or table; others cannot be requested."""
    study = STUDIES[wildcards.study]
    lines = getattr(study, kind)
    if number not in lines:
        raise WorkflowError(
            f"config/studies/{study.name}.yaml: {kind}: no {number}; there are {', '.join(lines)}"
        )
    return lines[number]


def figure_files(wildcards):
    return view_files(wildcards, "figures", shown_figure(wildcards))


def table_files(wildcards):
    return view_files(wildcards, "tables", shown_table(wildcards))


def view_files(wildcards, kind, shown):
    """The files that a view reads, by option of its runner."""
    study = STUDIES[wildcards.study]
    files = {}
    for name in read_view(kind, shown.view).reads_with(shown.options):
        files |= readable(study, name, kind, shown)
    return files


def readable(study, name, kind, shown):
    """The files of one kind of input of a view."""
    folder = f"results/{study.name}"
    match name:
        case "results":
            return {
                "results": f"{folder}/results.csv",
                "study": ancient(f"config/studies/{study.name}.yaml"),
                "models": model_files(study),
                "datasets": "config/datasets.yaml",
                "top1": top1_files(study),
            }
        case "models":
            return {"models": model_files(study)}
        case "datasets":
            return {"datasets": "config/datasets.yaml"}
        case "predictions":
            return {"predictions": f"{folder}/predictions"}
        case "prepared":
            return {"prepared": indexes_of(datasets_of(study, kind, shown))}
        case "reported":
            return {}
        case "printed":
            printed = f"resources/published/{study.paper}/{shown.printed}.csv"
            return {"printed": printed} if shown.printed else {}
        case "sizes":
            return {"sizes": str(PAPERS[study.paper].sizes_table)}
        case _:
            return {name: f"{folder}/{name}.csv"}


def indexes_of(datasets):
    """The index of each prepared dataset; with allow_partial of those that exist."""
    return those_there([f"results/data/{dataset}/index.csv" for dataset in datasets])


def view_flags(wildcards, input):
    """Input arguments of a view's runner."""
    return " ".join(
        f"--{name} {quote(str(files)) if isinstance(files, str) else ' '.join(map(quote, files))}"
        for name, files in input.items()
    )


def of_figure(function):
    """A param of the figures' rule, which the function gives for the view that is shown."""
    return lambda wildcards: function(wildcards, "figures", shown_figure(wildcards))


def of_table(function):
    """Like `of_figure`, for a table."""
    return lambda wildcards: function(wildcards, "tables", shown_table(wildcards))


def chosen_flags(wildcards, kind, shown):
    """The options of a view, including defaults, and its caption."""
    options = read_view(kind, shown.view).chosen(shown.options)
    flags = f"--options {quote(json.dumps(options))}" if options else ""
    if "reported" in read_view(kind, shown.view).reads:
        splits = json.dumps(reported_splits(STUDIES[wildcards.study], RECIPES))
        flags += f" --reported {quote(splits)}"
    caption = f" --caption {quote(shown.caption)}" if shown.caption else ""
    return f"{flags}{caption}"


def view_round(wildcards, kind, shown):
    """The study's round for views of its runs; constant for others."""
    reads = read_view(kind, shown.view).reads
    return study_round(wildcards) if "results" in reads else 0


def view_study(wildcards, kind, shown):
    """The digest of the study for views that read it; constant for others."""
    reads = read_view(kind, shown.view).reads
    return study_digest(STUDIES[wildcards.study]) if "results" in reads else ""


def view_code(wildcards, kind, shown):
    """The fingerprint of a view and of its runner."""
    runner, function = RUNNERS[kind]
    part = fingerprint_of_part(read_view(kind, shown.view).script, function)
    return f"{fingerprint(runner)} {part}"


RUNNERS = {
    "figures": ("scripts/draw_figure.py", "draw"),
    "tables": ("scripts/make_table.py", "make"),
}
