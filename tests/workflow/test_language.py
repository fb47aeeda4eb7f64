"""The project's own text avoids words that its readers would not use."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOPS = ("benchmarks", "config", "docs", "envs", "scripts", "tests", "workflow", ".ci", ".github")
FILES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "Snakefile", "pyproject.toml")
SUFFIXES = (
    *(
        ".css",
        ".html",
        ".js",
        ".jinja",
        ".jinja2",
        ".md",
        ".py",
        ".sh",
        ".smk",
        ".toml",
        ".tsv",
        ".txt",
    ),
    *(".yaml", ".yml"),
)
# Each with what to write instead; underscores and hyphens separate words.
AVOIDED = {
    r"(?<![a-z])cards?(?![a-z])": "GPU",
    r"(?<![a-z])told(?! apart)(?![a-z])": "printed, given, requested",
    r"(held|holds?|holding) (\w+ ){0,3}against": "check, compare, verify, validate",
    r"(?<![a-z])anew(?![a-z])": "again",
    r"(?<![a-z])journeys?(?![a-z])": "round trip",
}
# Former names that are rejected by name, and a key of the records of runs.
ALLOWED = {
    "CHANGELOG.md": r"runs_per_card|TRANSFER_CARD",
    "scripts/accept.py": r'record\["card"\]',
    "scripts/transfer/machine/gpus.py": r'"TRANSFER_CARD',
    "scripts/transfer/training/record.py": r'"card":',
    "tests/results/test_selection.py": r'"card": None',
    "tests/training/test_finished.py": r'"card": None',
    "tests/workflow/test_grid.py": r"runs_per_card",
    "workflow/schemas/config.schema.yaml": r"x-renamed: {runs_per_card",
    "workflow/schemas/metrics.schema.yaml": r"device, card, precision|^  card:",
}


def texts() -> dict[str, str]:
    """Content of the project's text files by path; not of this file, which lists the words."""
    found = [ROOT / name for name in FILES]
    for top in TOPS:
        found += [path for path in (ROOT / top).rglob("*") if path.suffix in SUFFIXES]
    paths = {path.relative_to(ROOT).as_posix(): path for path in found if path.is_file()}
    del paths[Path(__file__).relative_to(ROOT).as_posix()]
    # What a benchmark has printed is kept beside it.
    kept = {name: path for name, path in paths.items() if "benchmarks/results/" not in name}
    return {name: path.read_text(encoding="utf-8") for name, path in kept.items()}


def findings(text: str, word: str, allowed: str | None) -> list[str]:
    """Lines with the word, numbered, except those that are allowed."""
    return [
        f"{number}: {line.strip()}"
        for number, line in enumerate(text.splitlines(), start=1)
        if re.search(word, line, re.I) and not (allowed and re.search(allowed, line))
    ]


@pytest.mark.parametrize("word", AVOIDED)
def test_a_word_is_not_used(word):
    found = [
        f"{name}: line {line}"
        for name, text in texts().items()
        for line in findings(text, word, ALLOWED.get(name))
    ]
    assert not found, f"write {AVOIDED[word]} instead:\n" + "\n".join(found)


@pytest.mark.parametrize("name", ALLOWED)
def test_an_exception_is_still_needed(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert any(findings(text, word, None) for word in AVOIDED), f"{name}: remove it from ALLOWED"


def test_the_words_are_found():
    assert findings("runs_per_card\nwildcards, discard\nCARDS", next(iter(AVOIDED)), None) == [
        "1: runs_per_card",
        "3: CARDS",
    ]
    assert findings("hold files against sums", r"(held|holds?) (\w+ ){0,3}against", None)
