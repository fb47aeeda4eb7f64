# The targets that are called as studies are.


def named_studies():
    """Studies of runs, and papers of printed numbers alone; none that is named as a rule is."""
    names = sorted([*STUDIES, *BROKEN], key=lambda name: "/" in name)
    names = [name.removeprefix("published/") for name in names]
    rules = {rule.name for rule in workflow.rules}
    return [name for name in dict.fromkeys(names) if name not in rules]


def study_page(name):
    """A study's page; for a paper that has no study of runs, an input that says so."""
    if name in STUDIES or name in BROKEN:
        return f"results/{name}/paper.html"

    def untrained(wildcards):
        # An exception would come out between a traceback and the lines of other rules.
        sys.exit(
            f"There is no study '{name}' that trains yet: config/studies/{name}.yaml is missing. "
            f"`snakemake published` makes its page from the printed numbers: "
            f"results/published/{name}/paper.html"
        )

    return untrained
