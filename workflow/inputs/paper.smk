# What a study's page shows.


def study_verdict(wildcards):
    """The verdict, for a study that is held against a paper."""
    study = STUDIES[wildcards.study]
    return [f"results/{wildcards.study}/verdict.csv"] if study.paper else []


def page_template(wildcards):
    """The template by where a study's results come from."""
    return f"{STUDIES[wildcards.study].source}.html.jinja"
