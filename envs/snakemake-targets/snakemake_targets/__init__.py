"""Puts targets that stand behind an option of several values first on Snakemake's command line.

Snakemake's `--resources` takes every word up to the next option, so that in `snakemake --resources
gpu=4 all` the target is taken for a second resource, and the command ends in a traceback. Snakemake
parses its command line before it reads a profile or a Snakefile, so neither can mend this.
`hook/snakemake_targets.pth` calls `arrange` when Python starts as `snakemake` or `python -m
snakemake` in this environment; other programs do not even import this module.

To be removed, with its two lines in pyproject.toml, when Snakemake finds these targets itself:
tests/workflow/test_target_words.py fails on that day.
"""

import sys
from pathlib import Path

# Every value is NAME=VALUE: Snakemake refuses a word without an equals sign.
PAIRS = (
    *("--resources", "--res", "--config", "-C", "--default-resources", "--default-res"),
    *("--set-threads", "--set-resources", "--set-scatter", "--set-resource-scopes"),
    *("--groups", "--group-components", "--consider-ancient"),
)
# Values are rules or files. A named target is a rule without output, which these have no use for.
NAMES = (
    *("--forcerun", "-R", "--until", "-U", "--omit-from", "-O", "--prioritize", "-P"),
    *("--configfile", "--configfiles"),
)
TARGETS = ("all", "published", "demo")
# What Snakemake adds where it starts itself, for one job.
OF_A_JOB = ("--mode", "--target-jobs")


def targets_first(words: list[str]) -> list[str]:
    """The words of a command line, with targets taken out of options and put first.

    A word without an equals sign is a target behind an option of NAME=VALUE pairs, and a named
    target of this project behind the first value of an option of rules or files. What follows
    `--`, and the command line of a job, stay as they are.
    """
    if any(word in OF_A_JOB for word in words):
        return words
    end = words.index("--") if "--" in words else len(words)
    targets, others = [], []
    option, values = "", 0
    for word in words[:end]:
        pair = option in PAIRS and "=" not in word
        name = option in NAMES and values > 0 and word in TARGETS
        if word.startswith("-"):
            option, values = word, 0
            others.append(word)
        elif pair or name:
            targets.append(word)
        else:
            values += 1
            others.append(word)
    return [*targets, *others, *words[end:]]


def arrange() -> None:
    """Rearrange `sys.argv` if this process is Snakemake.

    A module's name is known before it is run from `sys.orig_argv` alone, where its own words stand
    behind it.
    """
    program = sys.orig_argv[-len(sys.argv)] if sys.argv[0] == "-m" else Path(sys.argv[0]).name
    if program == "snakemake":
        sys.argv[1:] = targets_first(sys.argv[1:])
