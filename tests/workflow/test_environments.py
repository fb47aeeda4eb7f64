"""The environments of --sdm conda and the container hold the versions that uv.lock names."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker

ROOT = Path(__file__).parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PYTHON = (ROOT / ".python-version").read_text().strip()
# What runs the workflow, and is not needed inside its steps.
NOT_IN_STEPS = {"snakemake", "snakemake-targets"}


def locked(python, system="linux"):
    """The version of each package that the lock names for a Python; some have several."""
    where = {"python_full_version": f"{python}.0", "sys_platform": system}
    chosen = [
        package
        for package in LOCK["package"]
        if "version" in package
        and (
            "resolution-markers" not in package
            or any(Marker(marker).evaluate(where) for marker in package["resolution-markers"])
        )
    ]
    versions = {package["name"]: package["version"] for package in chosen}
    assert len(versions) == len(chosen)
    return versions


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
    versions = locked(PYTHON)
    assert pins == {package: versions[package] for package in pins}


def test_a_version_for_a_newer_python_is_not_taken():
    """numpy has one release for the oldest Python that the project supports, another for later."""
    assert locked("3.11")["numpy"] < locked("3.13")["numpy"]


def test_the_environments_hold_what_the_project_asks_for():
    analysis = names(PROJECT["project"]["dependencies"]) - NOT_IN_STEPS
    training = names(PROJECT["dependency-groups"]["training"])
    assert analysis == set(environment("analysis.yaml")[1])
    assert analysis | training == set(environment("training.yaml")[1])


def uv():
    """uv as `make` fetches it where there is none."""
    (pin,) = re.findall(r"\buv==[\d.]+", (ROOT / "Makefile").read_text(encoding="utf-8"))
    return pin


def test_the_container_takes_its_versions_from_the_lock():
    lines = (ROOT / "envs/Containerfile").read_text(encoding="utf-8").splitlines()
    steps = [line for line in lines if line and not line.startswith("#")]
    (base,) = [line for line in steps if line.startswith("FROM ")]
    assert f"/python:{PYTHON}-" in base
    runs = [line for line in steps if line.startswith("RUN ")]
    # One way in, and that is the lock.
    assert len(runs) == 1
    assert f"pip install --quiet --no-cache-dir {uv()} && uv sync --frozen" in runs[0]
    copied = next(line for line in steps if line.startswith("COPY pyproject.toml")).split()
    assert {"uv.lock", ".python-version"} <= set(copied)
