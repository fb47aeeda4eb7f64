"""Check a study of several papers. Imports no statistics: the workflow checks when it starts."""

from collections.abc import Iterator, Mapping, Sequence

from transfer.data.dataset import Dataset
from transfer.entries import meant
from transfer.papers.paper import Paper
from transfer.papers.published import read_published
from transfer.study.joint import JointStudy
from transfer.study.study import Study
from transfer.study.views import KINDS, READABLE, Shown, read_view, view_names


def joint_problems(
    joint: JointStudy,
    studies: Mapping[str, Study],
    papers: Mapping[str, Paper],
    datasets: Mapping[str, Dataset],
) -> list[str]:
    """What keeps a joint study from being made, one line each.

    `studies` are the sound ones by name, `papers` those that they are compared with, `datasets`
    those of config/datasets.yaml.
    """
    found = list(_paper_problems(joint, studies))
    shown = [] if found else _datasets(joint, studies)
    names = [dataset for _, dataset in shown]
    for name in dict.fromkeys(names):
        owners = [paper for paper, dataset in shown if dataset == name]
        if len(owners) > 1:
            found.append(
                f"papers: {' and '.join(owners)} both show {name}: name parts that share no dataset"
            )
        if name not in datasets:
            found.append(f"papers: {owners[0]}: {name} is not in config/datasets.yaml")
    found += _distance_problems(joint, papers, names)
    for kind in KINDS:
        for number, line in getattr(joint, kind).items():
            found += [f"{kind}.{number}: {problem}" for problem in _view_problems(kind, line)]
    return found


def _paper_problems(joint: JointStudy, studies: Mapping[str, Study]) -> Iterator[str]:
    for paper, part in joint.papers.items():
        name = joint.studies[paper]
        if name not in studies:
            known = [one.rpartition("/")[2] for one in studies if "/" in one]
            yield (
                f"papers.{paper}: there is no valid study config/studies/{name}.yaml"
                f"{meant(paper, known)}"
            )
        elif part not in studies[name].parts:
            yield (
                f"papers.{paper}: config/studies/{name}.yaml has no part '{part}'; there are "
                f"{', '.join(studies[name].parts)}"
            )


def _datasets(joint: JointStudy, studies: Mapping[str, Study]) -> list[tuple[str, str]]:
    """Paper and dataset of every point."""
    return [
        (paper, dataset)
        for paper, part in joint.papers.items()
        for dataset in studies[joint.studies[paper]].parts[part].datasets
    ]


def _distance_problems(
    joint: JointStudy, papers: Mapping[str, Paper], datasets: Sequence[str]
) -> Iterator[str]:
    if joint.distances not in joint.papers:
        yield f"distances: '{joint.distances}' is not among the papers"
        return
    paper = papers.get(joint.distances)
    if paper is None:
        return
    if paper.distances is None:
        yield f"distances: {paper.folder / 'paper.yaml'} names no table of distances"
        return
    printed = set(read_published(paper.folder, paper.distances.table)["dataset"])
    if absent := [name for name in datasets if name not in printed]:
        yield (
            f"distances: {paper.folder / paper.distances.table}.csv has no distance of "
            f"{', '.join(absent)}"
        )


def _view_problems(kind: str, shown: Shown) -> list[str]:
    names = view_names(kind)
    if shown.view not in names:
        return [f"no view '{shown.view}' in scripts/{kind}{meant(shown.view, names)}"]
    view = read_view(kind, shown.view)
    other = [name for name in view.reads if name != "datasets" and "joint" not in READABLE[name]]
    if other:
        return [f"view '{view.name}' reads {', '.join(other)}, which a joint study does not have"]
    return view.problems(shown.options)
