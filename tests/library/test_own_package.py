"""Scripts import the package of their own checkout, installed or not, also after a move."""

import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, copy_checkout

SCRIPTS = [
    path.name
    for path in sorted((ROOT / "scripts").glob("*.py"))
    if "\nfrom transfer" in path.read_text()
]
MARK = "the package of the copy"


@pytest.fixture(scope="module")
def moved(tmp_path_factory) -> Path:
    """A copy of the checkout whose package says so and ends."""
    copy = copy_checkout(tmp_path_factory.mktemp("moved") / "a chéckout")
    package = copy / "scripts" / "transfer" / "__init__.py"
    package.write_text(f"raise SystemExit({MARK!r})\n")
    return copy


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_moved_checkout_uses_its_own_package(moved, tmp_path, script):
    done = subprocess.run(
        [sys.executable, moved / "scripts" / script, "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert MARK in done.stderr
