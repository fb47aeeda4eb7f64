"""A miniature study in a copy of the checkout, in place of the demo, really trained."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from checkout import copy_checkout, run_snakemake

MINIATURE = Path(__file__).parent / "miniature"
POINTS = 3
WARM = ("--config", "warm_start=true", "--")


def miniature(folder: Path) -> Path:
    """A checkout whose demo is the miniature: a grid of three points from random weights."""
    project = copy_checkout(folder)
    shutil.copyfile(MINIATURE / "study.yaml", project / "config/studies/demo.yaml")
    shutil.copyfile(MINIATURE / "recipes.yaml", project / "config/recipes/demo.yaml")
    return project


def part_of_the_demo(folder: Path, datasets: list[str], models: list[str]) -> Path:
    """A checkout whose demo is the miniature, with these datasets and models."""
    project = miniature(folder)
    edit_study(project, datasets=datasets, models=models)
    return project


def edit_study(project: Path, **changed: list[str]) -> None:
    path = project / "config/studies/demo.yaml"
    study = yaml.safe_load(path.read_text())
    study["parts"]["main"].update(changed)
    if len(study["parts"]["main"]["datasets"]) < 2:
        # These compare datasets.
        for number in ("table12", "table13"):
            study["tables"].pop(number, None)
    path.write_text(yaml.safe_dump(study))


def single_part(project: Path, name: str, **part: str | list[str]) -> None:
    """A study of one part that shows no more than its values, from the demo's."""
    path = project / "config/studies/demo.yaml"
    study = yaml.safe_load(path.read_text())
    study["parts"] = {"main": study["parts"]["main"] | part}
    study |= {"imagenet_top1": "library", "figures": {}, "tables": {"table03": "values"}}
    for key in ("words", "weights", "selection"):
        study.pop(key, None)
    recipe = part["recipe"]
    study["weights"] = "pretrained" if recipe in ("target_tiny", "from_wild") else "random"
    path.with_name(f"{name}.yaml").write_text(yaml.safe_dump(study))


def make(project: Path, *targets: str, **environment: str) -> subprocess.CompletedProcess:
    done = run_snakemake(project, *WARM, *targets, **environment)
    assert done.returncode == 0, done.stdout[-3000:]
    return done


def start(project: Path, *targets: str) -> subprocess.Popen:
    """Snakemake at work, in a process group of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", *WARM, *targets],
        cwd=project,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
