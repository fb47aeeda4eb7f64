"""Copy the checkout and run Snakemake in the copy."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from transfer.study.checks.libraries import known_networks
from transfer.study.config import study_files, trained_models
from transfer.study.model import read_models
from transfer.study.study import read_study

ROOT = Path(__file__).parents[2]
NETWORKS = "results/networks.json"


def copy_checkout(target: Path) -> Path:
    """Copy every file that git would commit to `target`; links stay links."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source, copy = ROOT / name, target / name
        if name and (source.is_symlink() or source.is_file()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy, follow_symlinks=False)
    if answers().is_file():
        (target / NETWORKS).parent.mkdir()
        shutil.copy(answers(), target / NETWORKS)
    return target


@cache
def answers() -> Path:
    """What torchvision and timm say of the models, asked once, as each copy would for seconds."""
    kept = ROOT / ".pytest_cache" / "networks.json"
    studies = [read_study(path) for path in study_files(ROOT / "config" / "studies")]
    models = read_models(ROOT / "config" / "models.tsv")
    known_networks(trained_models(studies, models), kept)
    return kept


def made(folder: Path) -> list[str]:
    """Files that were made in a copy, but for those answers."""
    files = [path for path in (folder / "results").rglob("*") if path.is_file()]
    return sorted(name for path in files if (name := str(path.relative_to(folder))) != NETWORKS)


def run_snakemake(folder: Path, *arguments: str, **environment: str):
    """Run snakemake in `folder` with this interpreter first on the path; output as text."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", "--nocolor", *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=500,
    )
