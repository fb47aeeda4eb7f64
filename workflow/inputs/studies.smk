# Targets with the names of studies.


def named_studies():
    """Studies of runs, and papers of printed numbers alone; none that is named as a rule is."""
    names = sorted([*STUDIES, *BROKEN], key=lambda name: "/" in name)
    names = [name.removeprefix("published/") for name in names]
    rules = {rule.name for rule in workflow.rules}
    return [name for name in dict.fromkeys(names) if name not in rules]


def study_page(name):
    """A study's page; for a paper without a study of runs, an error that says so."""
    if name in STUDIES or name in BROKEN:
        return f"results/{name}/paper.html"

    def untrained(wildcards):
        # The message of an exception would be buried in a traceback.
        sys.exit(
            f"There is no study '{name}' that trains yet: config/studies/{name}.yaml is missing. "
            f"`snakemake published` makes its page from the printed numbers: "
            f"results/published/{name}/paper.html"
        )

    return untrained
