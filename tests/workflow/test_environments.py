"""The environments of --sdm conda and the container hold the versions that uv.lock names."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
LOCKED = {
    package["name"]: package["version"] for package in LOCK["package"] if "version" in package
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHON = (ROOT / ".python-version").read_text().strip()
# Runs the workflow, and is not needed inside its steps.
NOT_IN_STEPS = {"snakemake", "snakemake-targets"}


def names(requirements):
    return {re.match(r"[A-Za-z0-9_.-]+", entry)[0] for entry in requirements}


def environment(name):
    content = yaml.safe_load((ROOT / "envs" / name).read_text(encoding="utf-8"))
    plain = [entry for entry in content["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in content["dependencies"] if isinstance(entry, dict)]
    return plain, dict(entry.split("==") for entry in pip)


@pytest.mark.parametrize("name", ["analysis.yaml", "training.yaml"])
def test_every_pin_is_the_locked_version(name):
    plain, pins = environment(name)
    assert f"python={PYTHON}" in plain
    assert pins == {package: LOCKED[package] for package in pins}


def test_the_environments_hold_what_the_project_asks_for():
    analysis = names(PROJECT["project"]["dependencies"]) - NOT_IN_STEPS
    training = names(PROJECT["dependency-groups"]["training"])
    assert analysis <= set(environment("analysis.yaml")[1])
    assert training <= set(environment("training.yaml")[1])


def test_the_container_takes_its_versions_from_the_lock():
    lines = (ROOT / "envs/Containerfile").read_text(encoding="utf-8").splitlines()
    steps = [line for line in lines if line and not line.startswith("#")]
    (base,) = [line for line in steps if line.startswith("FROM ")]
    assert f"/python:{PYTHON}-" in base
    runs = [line for line in steps if line.startswith("RUN ")]
    # One way in, and that is the lock.
    assert len(runs) == 1
    assert "pip install --quiet --no-cache-dir uv && uv sync --frozen" in runs[0]
    copied = next(line for line in steps if line.startswith("COPY pyproject.toml")).split()
    assert {"uv.lock", ".python-version"} <= set(copied)
