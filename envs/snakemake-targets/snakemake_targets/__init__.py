"""Move targets that follow an option of several values to the front of Snakemake's command line.

Snakemake's `--resources` consumes every word up to the next option, so in `snakemake --resources
gpu=4 all` the target is parsed as a second resource, and the command fails with a traceback.
Snakemake parses its command line before it reads a profile or a Snakefile, so neither can fix this.
`hook/snakemake_targets.pth` calls `arrange` when Python starts as `snakemake` or `python -m
snakemake` in this environment; other programs do not import this module.

Remove it, with its two lines in pyproject.toml, once Snakemake handles such targets itself;
tests/workflow/test_target_words.py will then fail.
"""

import sys
from pathlib import Path

# Every value is NAME=VALUE: Snakemake rejects a word without an equals sign.
PAIRS = (
    *("--resources", "--res", "--config", "-C", "--default-resources", "--default-res"),
    *("--set-threads", "--set-resources", "--set-scatter", "--set-resource-scopes"),
    *("--groups", "--group-components", "--consider-ancient"),
)
# Values are rules or files. Named targets have no output and are never useful values.
NAMES = (
    *("--forcerun", "-R", "--until", "-U", "--omit-from", "-O", "--prioritize", "-P"),
    *("--configfile", "--configfiles"),
)
TARGETS = ("all", "published")
# The folders of studies, each of which is a target by its name.
STUDIES = (Path("config/studies"), Path("config/studies/published"))
# Added by Snakemake when it starts itself for a single job.
OF_A_JOB = ("--mode", "--target-jobs")


def named_targets() -> set[str]:
    """The named targets of the project in the current folder."""
    return {*TARGETS, *(path.stem for folder in STUDIES for path in folder.glob("*.yaml"))}


def targets_first(words: list[str]) -> list[str]:
    """Move targets in a command line from options to the front.

    After an option of NAME=VALUE pairs, a word without an equals sign is a target. After the first
    value of an option of rules or files, a named target of this project is one. Words after `--`
    and the command lines of jobs remain unchanged.
    """
    if any(word in OF_A_JOB for word in words):
        return words
    end = words.index("--") if "--" in words else len(words)
    named = named_targets()
    targets, others = [], []
    option, values = "", 0
    for word in words[:end]:
        pair = option in PAIRS and "=" not in word
        name = option in NAMES and values > 0 and word in named
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

    Before a module is run, its name is known only from `sys.orig_argv`, where it precedes its
    arguments.
    """
    program = sys.orig_argv[-len(sys.argv)] if sys.argv[0] == "-m" else Path(sys.argv[0]).name
    if program == "snakemake":
        sys.argv[1:] = targets_first(sys.argv[1:])
