# The papers whose printed numbers are included.

from transfer.study.study import PUBLISHED

LIST_TEMPLATES = [
    f"scripts/transfer/page/{name}"
    for name in ("page.html.jinja", "papers.html.jinja", "page.css", "page.js")
]


def listed_studies():
    """The studies of printed numbers by paper."""
    return [
        study for name, study in STUDIES.items() if name.startswith(f"{PUBLISHED}/")
    ]


def listed_papers():
    """The folders of their papers."""
    return [str(PAPERS[study.paper].folder) for study in listed_studies()]


def listed_files(name):
    """A file of each of these studies."""
    return [f"results/{study.name}/{name}" for study in listed_studies()]


def top1_files(study):
    """The printed tables from which a study takes its ImageNet accuracies, if it does."""
    if study.imagenet_top1 != "published":
        return []
    return [str(path) for path in PAPERS[study.paper].top1_tables]
