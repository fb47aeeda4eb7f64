"""Check the folders of papers before any job starts."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from transfer.data.dataset import Dataset
from transfer.entries import broken_of, invalid, meant, unknown
from transfer.errors import UserError
from transfer.papers.claims import has_claims
from transfer.papers.paper import Paper, Values, read_paper
from transfer.papers.published import (
    missing_values,
    printed_scale,
    printed_values,
    read_printed,
    table_names,
)
from transfer.papers.totals import TOTALS, check_totals
from transfer.results.table import printed_top1
from transfer.study.model import Model, read_printed_models
from transfer.study.shown import models_drawn, reads_of
from transfer.study.study import Study

SIZES = ("dataset", "classes", "train_size", "eval_size")


def check_paper(folder: str | Path, known: Mapping[str, Dataset]) -> Paper:
    """Read a paper and check every file of its folder; raises UserError naming file and cell.

    Each printed table must obey the schema beside it and, where there is `totals.csv`, add up to
    it; those that `paper.yaml` names must have the columns that it promises. Distances must be of
    `known`, the datasets of config/datasets.yaml.
    """
    paper = read_paper(folder)
    columns = {}
    for table in table_names(paper.folder):
        columns[table] = list(read_printed(paper.folder, table).columns)
    problems = [
        f"{paper.folder / 'paper.yaml'}: {problem}" for problem in _problems(paper, columns, known)
    ]
    if problems:
        raise UserError("\n".join(problems))
    printed_top1(paper.top1_tables)
    if has_claims(paper):
        read_printed(paper.folder, "claims")
    if (paper.folder / f"{TOTALS}.csv").is_file():
        check_totals(paper.folder)
    return paper


def read_papers(
    studies: Mapping[str, Study],
    folder: str | Path,
    known: Mapping[str, Dataset],
    models: Mapping[str, Model],
) -> tuple[dict[str, Paper], dict[str, str]]:
    """The papers that studies are compared with, by name, and the problems by study.

    Papers are folders of `folder`, each checked once. An error in one affects its own studies only.
    `known` are the datasets of config/datasets.yaml, `models` those of config/models.tsv.
    """
    papers: dict[str, Paper] = {}
    mistaken: dict[str, str] = {}
    broken: dict[str, str] = {}
    for study in studies.values():
        if study.paper and study.paper not in papers and study.paper not in mistaken:
            try:
                papers[study.paper] = check_paper(Path(folder) / study.paper, known)
            except UserError as error:
                mistaken[study.paper] = str(error)
        if study.paper in mistaken:
            broken[study.name] = f"paper: {mistaken[study.paper]}"
        elif problems := study_problems(study, papers.get(study.paper or ""), known, models):
            broken[study.name] = "\n".join(problems)
    return papers, {
        name: "\n".join(f"config/studies/{name}.yaml: {line}" for line in problem.splitlines())
        for name, problem in broken.items()
    }


def study_problems(
    study: Study,
    paper: Paper | None,
    known: Mapping[str, Dataset],
    models: Mapping[str, Model],
) -> list[str]:
    """What a study needs of its paper (None if it names none) that the paper does not print."""
    problems = []
    if paper and study.source == "published":
        problems += unknown_models(paper, study, models)
        if not problems:
            problems += missing_values(paper, study) or unit_problems(paper, study, known)
        if not paper.sizes and "sizes" in reads_of(study):
            problems.append(
                f"a view reads the sizes of datasets: name their table in "
                f"{paper.folder / 'paper.yaml'} (`sizes:`)"
            )
    if study.imagenet_top1 != "published":
        return problems
    if paper is None:
        return [
            "imagenet_top1: published takes the accuracies that a paper prints, and the study "
            "names no `paper`: set imagenet_top1: library"
        ]
    top1 = printed_top1(paper.top1_tables)
    if absent := [model for model in models_drawn(study) if model not in top1]:
        problems.append(
            f"imagenet_top1: {paper.folder} prints no accuracy of {', '.join(absent)}: set "
            f"imagenet_top1: library, or leave {'it' if len(absent) == 1 else 'them'} out"
        )
    return problems


def unknown_models(paper: Paper, study: Study, models: Mapping[str, Model]) -> list[str]:
    """Models of a study of printed numbers that no table describes, one line each.

    Those drawn against the accuracy that a library states must be of config/models.tsv.
    """
    own = {name for table in paper.model_tables for name in read_printed_models(table)}
    place = (
        f"{paper.folder / paper.models}.csv"
        if paper.models
        else f"a table of the paper (`models:` in {paper.folder / 'paper.yaml'} names none)"
    )
    problems = []
    for part, content in study.parts.items():
        for model in content.models:
            if model in own or model in models:
                continue
            key = f"parts.{part}.models"
            problems += invalid(key, model, broken_of(models)) or [
                f"{key}: '{model}' is neither in {place} nor in config/models.tsv: add a row to "
                f"one of them{meant(model, [*own, *models])}"
            ]
    if study.imagenet_top1 == "library":
        problems += [
            f"imagenet_top1: no library states an accuracy of '{model}', which is in {place} "
            "alone: set imagenet_top1: published, or leave it out"
            for model in models_drawn(study)
            if model in own and model not in models
        ]
    return problems


def unit_problems(paper: Paper, study: Study, known: Mapping[str, Dataset]) -> list[str]:
    """Values above 1 of metrics that are not listed as printed in percent, one line each."""
    problems = []
    for name, part in study.parts.items():
        printed = printed_values(paper, name).loc[list(part.models)]
        for dataset in part.datasets:
            metric = part.metric(known[dataset])
            largest = printed[dataset].replace("", "0").astype(float).max()
            if largest > printed_scale(paper, metric):
                problems.append(
                    f"parts.{name}: {paper.folder / paper.values[name].table}.csv: {dataset}: "
                    f"{largest:g} is no fraction: name {metric} among metrics_in_percent in "
                    "paper.yaml, if that is how the paper prints it"
                )
    return problems


def values_columns(how: Values) -> tuple[str, ...]:
    """The columns that a table needs to hold the values of a part."""
    long = ("model", "dataset", how.value) if how.value else () if how.model else ("model",)
    return (*how.where, *long)


def _problems(
    paper: Paper, columns: dict[str, list[str]], known: Mapping[str, Dataset]
) -> Iterator[str]:
    """Contradictions between `paper.yaml` and the tables; `columns` are those of each table."""
    asked: list[tuple[str, str, tuple[str, ...]]] = [
        (f"values.{part}", how.table, values_columns(how)) for part, how in paper.values.items()
    ]
    asked += [("imagenet_top1", table, ("model", "imagenet_top1")) for table in paper.imagenet_top1]
    asked += [("compared", table, ("dataset",)) for table in paper.compared]
    if paper.compared and "main" not in paper.values:
        yield "compared: say in `values.main` which table the compared ones are computed from"
    if paper.sizes:
        asked.append(("sizes", paper.sizes, SIZES))
    if paper.models:
        asked.append(("models", paper.models, ("model", "name", "family")))
    if paper.model_facts:
        asked.append(("model_facts", paper.model_facts, ("model",)))
    if paper.distances:
        asked.append(("distances.table", paper.distances.table, ("dataset", "fid")))
    for key, table, wanted in asked:
        if table not in columns:
            yield f"{key}: there is no {paper.folder / f'{table}.csv'}"
        elif missing := [column for column in wanted if column not in columns[table]]:
            yield f"{key}: {table}.csv has no column {', '.join(missing)}"
        elif key == "distances.table":
            yield from _group_problems(paper, known)


def _group_problems(paper: Paper, known: Mapping[str, Dataset]) -> Iterator[str]:
    """Datasets of the table of distances that are in no group, in two, or the reverse."""
    assert paper.distances is not None
    printed = list(read_printed(paper.folder, paper.distances.table)["dataset"])
    grouped = [dataset for datasets in paper.distances.groups.values() for dataset in datasets]
    wrong = [
        name for name in {*printed, *grouped} if grouped.count(name) != 1 or name not in printed
    ]
    if wrong:
        yield (
            f"distances.groups: each dataset of {paper.distances.table}.csv belongs to one group: "
            f"{', '.join(sorted(wrong))}"
        )
    yield from unknown("distances.table", printed, known, "config/datasets.yaml")
