# What a study's page shows.

PAGE_TEMPLATES = [
    f"scripts/transfer/page/{name}"
    for name in ("page.html.jinja", "parts.html.jinja", "study.html.jinja", "page.css")
]


def study_verdict(wildcards):
    """The verdict, for a study that is compared with a paper."""
    study = STUDIES[wildcards.study]
    return [f"results/{wildcards.study}/verdict.csv"] if study.paper else []


def study_claims(wildcards):
    """The statements of a paper's running text, where they were written down."""
    study = STUDIES[wildcards.study]
    claims = f"{paper_folder(study)}/claims.csv"
    return [claims] if study.paper and Path(claims).is_file() else []


def page_words(wildcards):
    """The words of a study's page: its own, or those of all studies of its kind."""
    study = STUDIES[wildcards.study]
    return study.words or f"scripts/transfer/page/{study.source}.md"


def page_flags(wildcards, input):
    """What the page is given that not every study has."""
    given = {
        name: input.get(name) for name in ("tables", "figures", "verdict", "claims")
    }
    return " ".join(
        f"--{name} {' '.join(quote(str(file)) for file in files)}"
        for name, files in given.items()
        if files
    )
