"""Check that the tables and figures of a study can be made."""

from collections.abc import Iterator, Mapping

from transfer.entries import meant
from transfer.errors import UserError
from transfer.study.model import Model
from transfer.study.shown import models_drawn, shown_views
from transfer.study.study import Study
from transfer.study.views import READABLE, SCRIPTS, Shown, read_view, view_names

PUBLISHED = SCRIPTS.parent / "resources" / "published"


def output_problems(study: Study, models: Mapping[str, Model]) -> Iterator[str]:
    """Tables and figures without a view, or for which this study has no numbers."""
    found = False
    for kind, number, shown in shown_views(study):
        for problem in view_problems(study, kind, shown):
            found = True
            yield f"{kind}.{number}: {problem}"
    if not found:
        yield from accuracy_problems(study, models)


def view_problems(study: Study, kind: str, shown: Shown) -> Iterator[str]:
    """Problems of an entry: the name of its view, its options, or its inputs."""
    names = view_names(kind)
    if shown.view not in names:
        near = meant(shown.view, names) or f"; there are {', '.join(names)}"
        yield f"no view '{shown.view}' in scripts/{kind}{near}"
        return
    try:
        view = read_view(kind, shown.view)
    except UserError as error:
        yield str(error)
        return
    mistaken = view.problems(shown.options)
    if mistaken:
        yield from mistaken
        return
    for name in view.reads_with(shown.options):
        if study.source not in READABLE[name]:
            yield (
                f"view '{view.name}' reads {name}, which a study of source {study.source} does "
                "not have"
            )
    for part in view.parts(shown.options):
        if part not in study.parts:
            yield f"view '{view.name}' shows the part '{part}', which this study lacks"
        elif len(study.parts[part].datasets) < view.fewest_datasets:
            yield (
                f"view '{view.name}' compares each dataset with the others, and part '{part}' has "
                f"{len(study.parts[part].datasets)}: it needs {view.fewest_datasets}"
            )
    # Where nothing else is read but names, the printed table is all that there is to show.
    alone = "printed" in view.reads and set(view.reads) <= {"printed", "datasets", "models"}
    yield from printed_problems(study, shown, needed=alone)


def printed_problems(study: Study, shown: Shown, needed: bool) -> Iterator[str]:
    """Problems of the printed table of a view: required and not named, or missing."""
    if not shown.printed:
        if needed:
            yield f"set the table of the paper that view '{shown.view}' shows: `printed: table01`"
    elif study.paper is None:
        yield f"printed: '{shown.printed}' of which paper? Say `paper:` in the study"
    else:
        folder = PUBLISHED / study.paper
        # A missing paper is reported when papers are read.
        known = (folder / "paper.yaml").is_file()
        if known and not (folder / f"{shown.printed}.csv").is_file():
            there = sorted(path.stem for path in folder.glob("table*.csv"))
            yield (
                f"printed: resources/published/{study.paper} has no {shown.printed}.csv"
                f"{meant(shown.printed, there)}"
            )


def accuracy_problems(study: Study, models: Mapping[str, Model]) -> Iterator[str]:
    """Models drawn against an ImageNet accuracy that the model table does not state.

    Those that a paper prints are compared with the study when the paper is read.
    """
    if study.imagenet_top1 != "library":
        return
    asked = [model for model in models_drawn(study) if model in models]
    empty = [model for model in asked if models[model].imagenet_top1_library is None]
    if empty:
        yield (
            "imagenet_top1: column imagenet_top1_library of config/models.tsv is empty for "
            f"{', '.join(empty)}: fill it, or leave {'it' if len(empty) == 1 else 'them'} out"
        )
