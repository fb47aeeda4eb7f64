"""Continuous integration: steps, order, machines and permissions."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yaml")
}


def program(folder: Path, name: str, *lines: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)


def run_with_stand_ins(folder: Path, user: int, published_has_torch: bool) -> tuple[int, list[str]]:
    """Run .ci/run where `make` only notes its target; exit status and what was called."""
    notes, python = folder / "notes", folder / "bin" / "python-of-published"
    program(folder / "bin", "python-of-published", f"exit {0 if published_has_torch else 1}")
    install = (
        f'mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"; cp {python} "$UV_PROJECT_ENVIRONMENT/bin/python"'
    )
    program(
        folder / "bin",
        "make",
        f'echo "make $*" >> {notes}',
        f'if [ "$1" = published ]; then {install}; fi',
        'if [ "$1" != published ] && [ -n "$UV_PROJECT_ENVIRONMENT" ]; then exit 1; fi',
    )
    program(folder / "bin", "apt-get", f'echo "apt-get $1" >> {notes}')
    program(folder / "bin", "id", f"echo {user}")
    environment = {name: text for name, text in os.environ.items() if name[:3] != "UV_"}
    environment["PATH"] = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 or published_has_torch, done.stderr
    return done.returncode, notes.read_text().splitlines()


def test_the_quick_comes_before_what_takes_long(tmp_path: Path) -> None:
    _, called = run_with_stand_ins(tmp_path, user=1000, published_has_torch=False)
    quick = ["make published", "make check", "make test"]
    assert called == [*quick, "make demo", "make test-long"]


def test_root_tests_slurm_too(tmp_path: Path) -> None:
    _, called = run_with_stand_ins(tmp_path, user=0, published_has_torch=False)
    assert called[-4:] == ["apt-get update", "apt-get install", "make test-slurm", "make test-long"]


def test_a_published_study_that_brings_pytorch_is_a_failure(tmp_path: Path) -> None:
    status, called = run_with_stand_ins(tmp_path, user=1000, published_has_torch=True)
    assert status == 1 and called == ["make published"]


def commands(workflow: dict) -> list[str]:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [step["run"] for step in steps if "run" in step]


def test_every_target_is_one_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {
        target
        for text in [
            (ROOT / ".ci" / "run").read_text(),
            *map(str, map(commands, WORKFLOWS.values())),
        ]
        for target in re.findall(r"(?<!')make ([a-z-]+)", text)
    }
    assert {"published", "check", "test", "test-long"} <= asked <= targets


def test_two_pythons_and_two_systems_are_tested() -> None:
    [job] = WORKFLOWS["check"]["jobs"].values()
    tested = [
        (entry["os"].partition("-")[0], entry["python"])
        for entry in job["strategy"]["matrix"]["include"]
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = project["requires-python"].removeprefix(">=")
    assert ("ubuntu", oldest) in tested and len({python for _, python in tested}) == 2
    assert {system for system, _ in tested} == {"ubuntu", "macos"}
    assert commands(WORKFLOWS["check"]) == ["make check", "make test"]


def test_the_night_runs_everything() -> None:
    # YAML reads the key `on` as true.
    assert "schedule" in WORKFLOWS["nightly"][True]
    assert commands(WORKFLOWS["nightly"])[-1] == ".ci/run"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_may_only_read_and_takes_actions_by_version(name: str) -> None:
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job and job["timeout-minutes"] <= 120
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert used and all(re.fullmatch(r"[\w/-]+@v\d+(\.\d+\.\d+)?", action) for action in used)


def test_uv_is_fetched_in_one_version() -> None:
    steps = [
        step
        for workflow in WORKFLOWS.values()
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("astral-sh/setup-uv@")
    ]
    assert len(steps) == len(WORKFLOWS)
    versions = {step["with"]["version"] for step in steps}
    for name in ("Makefile", "envs/Containerfile"):
        versions |= set(re.findall(r"\buv==([\d.]+)", (ROOT / name).read_text()))
    assert len(versions) == 1
