# Why a study cannot be made.


def problem_of(wildcards):
    """End Snakemake with what is wrong with a study that is asked for.

    An exception would come out between a traceback and the lines of other rules.
    """
    sys.exit(f"Study '{wildcards.broken}' cannot be made:\n{BROKEN[wildcards.broken]}")
