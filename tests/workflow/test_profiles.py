"""Every shipped profile is understood by Snakemake, key by key, and plans the same work."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TARGET = "results/published/fang2023/tables/table02.csv"
# Their executors are for the cluster's own environment and not installed here.
EXAMPLES = ("generic",)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "workflow/profiles").iterdir()))
def test_profile_plans_the_work(name, tmp_path):
    content = yaml.safe_load((ROOT / "workflow/profiles" / name / "config.yaml").read_text())
    if name in EXAMPLES:
        executor = content.pop("executor")
        content = {k: v for k, v in content.items() if not k.startswith(executor)}
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "config.yaml").write_text(yaml.safe_dump(content))
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--forceall", "--cores", "1"]
    command += ["--directory", str(tmp_path), "--profile", str(tmp_path / "profile"), TARGET]
    for folder in ("config", "resources", "scripts", "envs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "published_results" in done.stdout + done.stderr
    # What protects a month of work holds everywhere.
    assert content["rerun-triggers"] == ["mtime", "params", "input"]
    assert content["nolock"] is True
    assert content["rerun-incomplete"] is True


@pytest.mark.parametrize("name", ["slurm", "generic"])
def test_a_cluster_limits_a_run_and_gives_more_at_the_next_attempt(name):
    """In the profile alone: as the rule's own, 8,000 jobs would work them out in every dry run."""
    content = yaml.safe_load((ROOT / "workflow/profiles" / name / "config.yaml").read_text())
    asked = content["set-resources"]["train"]
    first, second = ({key: eval(asked[key], {"attempt": n}) for key in asked} for n in (1, 2))
    assert first == {"mem_mb": 6000, "runtime": 480}
    assert second == {"mem_mb": 12000, "runtime": 960}


@pytest.mark.parametrize("name", ["slurm", "generic"])
def test_no_long_rule_is_left_with_the_hour_of_a_short_one(name):
    content = yaml.safe_load((ROOT / "workflow/profiles" / name / "config.yaml").read_text())
    assert "runtime=60" in content["default-resources"]
    # What runs for hours on all images of a dataset, and not where snakemake runs.
    for rule in ("train", "inception_statistics", "prepare"):
        assert content["set-resources"][rule]["runtime"] == "480 * attempt"
        assert content["set-resources"][rule]["mem_mb"].endswith("* attempt")
