# Errors of invalid studies.


def problem_of(wildcards):
    """Exit Snakemake with the errors of a requested study.

    The message of an exception would be buried in a traceback.
    """
    sys.exit(f"Study '{wildcards.broken}' is invalid:\n{BROKEN[wildcards.broken]}")
