# Inputs and params of a study's page.

PAGE_TEMPLATES = [
    f"scripts/transfer/page/{name}"
    for name in (
        "page.html.jinja",
        "parts.html.jinja",
        "study.html.jinja",
        "page.css",
        "page.js",
    )
]


def study_verdict(wildcards):
    """The verdict, for a study that is compared with a paper."""
    study = STUDIES[wildcards.study]
    return [f"results/{wildcards.study}/verdict.csv"] if study.paper else []


def study_paper(wildcards):
    """The description of a study's paper and, if available, the claims of its text."""
    study = STUDIES[wildcards.study]
    if not study.paper:
        return []
    files = [f"{paper_folder(study)}/{name}" for name in ("paper.yaml", "claims.csv")]
    return [path for path in files if Path(path).is_file()]


def page_words(wildcards):
    """The text of a study's page: its own, or that of all studies of its kind."""
    study = STUDIES[wildcards.study]
    return study.words or f"scripts/transfer/page/{study.source}.md"


def page_flags(wildcards, input):
    """Optional arguments of the page."""
    given = {name: input.get(name) for name in ("tables", "figures", "verdict")}
    if input.get("paper"):
        given["published"] = [paper_folder(STUDIES[wildcards.study])]
    return " ".join(
        f"--{name} {' '.join(quote(str(file)) for file in files)}"
        for name, files in given.items()
        if files
    )


def shown(wildcards, kind):
    """A study's `tables` or `figures`; with allow_partial those that have something to show.

    What shows datasets or distances takes one that is prepared, or one distance (or a file to
    place before there is one, which is then named).
    """
    study = STUDIES[wildcards.study]
    there = []
    for number, line in getattr(study, kind).items():
        reads = read_view(kind, line.view).reads
        prepared = "prepared" not in reads or indexes_of(datasets_of(study, kind, line))
        distances = (
            "fid" not in reads
            or study.source != "runs"
            or study_distances(wildcards)
            or study_without(wildcards)
        )
        if prepared and distances:
            there.append(number)
    return there
