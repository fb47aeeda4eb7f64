"""Checks made before working on a Slurm cluster; nothing is submitted."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml

from transfer.errors import UserError
from transfer.progress.findings import Finding

COMMANDS = ("sbatch", "squeue", "scancel", "sinfo", "scontrol")
PLUGIN = "snakemake_executor_plugin_slurm"
# The plugin increases the interval between status queries up to this.
SECONDS_BETWEEN_QUESTIONS = 180
PATIENCE = 20


@dataclass(frozen=True)
class Profile:
    """The settings of a profile that matter here: `jobs` submitted at once, and the `minutes` that
    a training job, of one run or a group of runs, requests at its first attempt; None if only
    Snakemake can evaluate them."""

    jobs: int
    minutes: float | None


def read_profile(folder: Path) -> Profile:
    """Read a Snakemake profile; raises UserError if it is invalid or does not set `jobs`."""
    path = folder / "config.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        jobs = int(content["jobs"])
        runtime = str(content.get("set-resources", {}).get("train", {}).get("runtime", ""))
        groups, components = (
            dict(entry.split("=") for entry in content.get(key, []))
            for key in ("groups", "group-components")
        )
        runs = int(components.get(groups.get("train"), 1))
    except (OSError, yaml.YAMLError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: not a valid profile with a number of jobs: {error}") from None
    first = re.fullmatch(r"(\d+)( *\* *attempt)?", runtime)
    return Profile(jobs, float(first[1]) * runs if first else None)


def check_slurm(minutes_of_a_run: float | None) -> list[Finding]:
    """Check commands, plugin, controller, and for a partition with GPUs and enough time."""
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if missing:
        remedy = "log in to a submit host of the cluster, or load its environment module"
        return [Finding("error", f"commands not found: {', '.join(missing)}", remedy)]
    findings = [Finding("ok", "Slurm's commands are installed")]
    if find_spec(PLUGIN) is None:
        remedy = "uv sync, or pip install snakemake-executor-plugin-slurm"
        findings.append(Finding("error", "Snakemake's plugin for Slurm is not installed", remedy))
    try:
        configuration = _ask("scontrol", "show", "config")
        partitions = _ask("sinfo", "--noheader", "--format=%P|%l|%G")
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        remedy = "run `scontrol ping`; wait, or ask the cluster's administrators"
        what = f"Slurm's controller does not respond: {said.strip()}"
        return [*findings, Finding("error", what, remedy)]
    findings += _check_accounting(configuration)
    return findings + _check_partitions(partitions, minutes_of_a_run)


def _ask(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout


def _check_accounting(configuration: str) -> list[Finding]:
    """Check for the two configurations in which Snakemake loses track of its jobs."""
    values = dict(re.findall(r"^(\w+)\s*=\s*(\S*)", configuration, re.M))
    findings = []
    kept = not values.get("AccountingStorageType", "").endswith("none")
    if not kept and shutil.which("sacct"):
        what = "sacct is installed, but accounting is off: Snakemake would wait forever"
        remedy = "start snakemake with a PATH that does not contain sacct"
        findings.append(Finding("error", what, remedy))
    age = int(re.match(r"\d+", values.get("MinJobAge", "") or "0")[0])  # type: ignore[index]
    if not kept and age < SECONDS_BETWEEN_QUESTIONS:
        what = f"Slurm forgets a job {age} s after its end (MinJobAge), and accounting is off"
        remedy = "ask the administrators for accounting or a longer MinJobAge, or use local GPUs"
        findings.append(Finding("warning", what, remedy))
    return findings


def _check_partitions(lines: str, needed: float | None) -> list[Finding]:
    """Check for a partition whose limit allows a run: a job that requests more waits forever."""
    limits: dict[str, float] = {}
    for line in lines.splitlines():
        name, limit, resources = line.split("|")
        if "gpu" in resources:
            limits[name.rstrip("*")] = minutes(limit)
    if not limits:
        remedy = "ask which partition has GPUs, and whether your account may use it"
        return [Finding("error", "no partition of this cluster offers GPUs", remedy)]
    findings = []
    for name, most in sorted(limits.items()):
        if needed is not None and most < needed:
            what = f"partition {name} ends jobs after {most:g} minutes; a run requests "
            what += f"{needed:g} and would wait there forever"
            remedy = "lower set-resources: train: runtime in the profile, or use another partition"
            findings.append(Finding("warning", what, remedy))
        else:
            findings.append(Finding("ok", f"partition {name} has GPUs and enough time for a run"))
    return findings


def minutes(limit: str) -> float:
    """Parse a limit of sinfo: `[days-]hours:minutes:seconds`, `minutes:seconds` or `infinite`."""
    if limit in ("infinite", "n/a"):
        return float("inf")
    days, _, clock = limit.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    hours, mins, seconds = [0] * (3 - len(parts)) + parts
    return int(days or 0) * 1440 + hours * 60 + mins + seconds / 60
