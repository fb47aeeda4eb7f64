# Targets with the names of studies.


def named_studies():
    """Studies of runs, and papers of which there is none yet; no name that a rule has."""
    names = [name for name in [*STUDIES, *BROKEN] if "/" not in name]
    names += sorted(
        path.name for path in Path("resources/published").iterdir() if path.is_dir()
    )
    rules = {rule.name for rule in workflow.rules}
    return [name for name in dict.fromkeys(names) if name not in rules]


def study_page(name):
    """A study's page; for a paper without a study of runs, an error that says so."""
    if name in STUDIES or name in BROKEN:
        return f"results/{name}/paper.html"

    def untrained(wildcards):
        page = f"results/published/{name}/paper.html"
        what = (
            f"`snakemake published` makes {page} from the numbers that it prints"
            if page in PUBLISHED_PAGES
            else "`snakemake published` makes the papers whose printed numbers have a study"
        )
        # The message of an exception would be buried in a traceback.
        sys.exit(
            f"There is no study '{name}' that trains yet, config/studies/{name}.yaml. {what}."
        )

    return untrained
