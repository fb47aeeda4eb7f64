"""Checks of Slurm in preflight, against stand-ins for its commands."""

from pathlib import Path

import pytest

from transfer.errors import UserError
from transfer.progress.slurm import COMMANDS, Profile, check_slurm, minutes, read_profile

ROOT = Path(__file__).parents[2]

CONFIGURATION = """Configuration data as of 2026-11-20T10:00:00
AccountingStorageType   = {accounting}
MinJobAge               = {age} sec
"""


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Stand-ins for the commands of Slurm, alone on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def answer(
        partitions="gpus*|infinite|gpu:4\\ncpu|1-00:00:00|(null)",
        accounting="accounting_storage/slurmdbd",
        age=300,
        status=0,
        more=(),
    ):
        text = CONFIGURATION.format(accounting=accounting, age=age).replace("\n", "\\n")
        for name in (*COMMANDS, *more):
            words = {"sinfo": partitions, "scontrol": text}.get(name, "")
            script = tmp_path / name
            script.write_text(f"#!/bin/sh\nprintf '{words}'\necho away >&2\nexit {status}\n")
            script.chmod(0o755)

    return answer


def troubles() -> dict[str, str]:
    """Level by what is found, what is well left out."""
    return {found.what: found.level for found in check_slurm(480) if found.level != "ok"}


def test_a_cluster_in_order_gives_no_trouble(slurm):
    slurm()
    assert troubles() == {}


def test_commands_that_are_not_there_are_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    (what,) = troubles()
    assert "sbatch" in what


def test_a_controller_that_does_not_answer_is_an_error(slurm):
    slurm(status=1)
    assert troubles() == {"Slurm's controller does not respond: away": "error"}


def test_a_sacct_without_accounts_is_an_error(slurm):
    slurm(accounting="accounting_storage/none", more=("sacct",))
    (what,) = troubles()
    assert "wait forever" in what
    slurm(accounting="accounting_storage/slurmdbd", more=("sacct",))
    assert troubles() == {}


def test_a_controller_that_forgets_quickly_is_reported(slurm):
    slurm(accounting="accounting_storage/none", age=10)
    (what,) = troubles()
    assert "forgets a job 10 s after its end" in what


@pytest.mark.parametrize(
    ("partitions", "says"),
    [
        ("gpus|1:00:00|gpu:4", "partition gpus ends jobs after 60 minutes"),
        ("cpu|infinite|(null)", "no partition of this cluster offers GPUs"),
    ],
)
def test_partitions_need_gpus_and_time(slurm, partitions, says):
    slurm(partitions=partitions)
    (what,) = troubles()
    assert says in what


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("2-12:00:00", 3600), ("1:30:00", 90), ("30:00", 30), ("infinite", float("inf"))],
)
def test_limits_as_sinfo_prints_them(limit, expected):
    assert minutes(limit) == expected


def test_the_profile_says_how_many_and_how_long(tmp_path):
    assert read_profile(ROOT / "workflow/profiles/slurm") == Profile(200, 480)
    path = tmp_path / "config.yaml"
    path.write_text("jobs: 8\nset-resources: {train: {runtime: 90}}\n")
    assert read_profile(tmp_path) == Profile(8, 90)
    path.write_text("jobs: 8\nset-resources: {train: {runtime: min(attempt, 2) * 60}}\n")
    assert read_profile(tmp_path) == Profile(8, None)
    path.write_text("executor: slurm\n")
    with pytest.raises(UserError, match=r"config\.yaml.*jobs"):
        read_profile(tmp_path)


def test_a_group_of_runs_asks_for_the_time_of_all(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "jobs: 8\nset-resources: {train: {runtime: 90 * attempt}}\n"
        "groups: [train=cell]\ngroup-components: [other=2, cell=8]\n"
    )
    assert read_profile(tmp_path) == Profile(8, 720)


def test_a_shorter_run_fits_a_shorter_partition(slurm):
    slurm(partitions="gpus|2:00:00|gpu:4")
    assert [found.level for found in check_slurm(120)] == ["ok", "ok"]
    assert [found.level for found in check_slurm(None)] == ["ok", "ok"]
