"""Tables, figures and page of a study from the runs there are, at any moment.

    python scripts/partial.py --study fang2023

Works in a folder of its own, in which it finds the runs by links, so that it may be started while
snakemake is at work; trains and prepares nothing. Every table, figure and caption says how many
of the runs it is made of.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from transfer.command_line import run
from transfer.errors import UserError
from transfer.study.study import read_study

LINKED = ("Snakefile", "config", "envs", "profiles", "resources", "scripts", "workflow")
RESULTS = ("data", "fid", "networks.json", "runs")


def link(folder: Path, root: Path) -> None:
    """Make `folder` a place to work in, with links to all that is only read."""
    pairs = [(folder / name, root / name) for name in LINKED]
    pairs += [(folder / "results" / name, root / "results" / name) for name in RESULTS]
    (folder / "results").mkdir(parents=True, exist_ok=True)
    for place, target in pairs:
        if not place.is_symlink():
            place.symlink_to(target)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", required=True, help="name of a file in config/studies")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("results/partial"))
    args = parser.parse_args()
    study = read_study(Path("config/studies") / f"{args.study}.yaml")
    if study.source != "runs":
        raise UserError(f"study {args.study} has no runs: nothing of it is partial")
    link(args.folder, Path.cwd())
    page = f"results/{args.study}/paper.html"
    # Rules that train or prepare are not among them, and so cannot be started.
    rules = ("select_runs", "study_fid", "figure", "table", "verdict", "paper")
    command = [sys.executable, "-m", "snakemake", "--cores", str(args.cores)]
    command += ["--config", "allow_partial=true", "--allowed-rules", *rules, "--", page]
    done = subprocess.run(command, cwd=args.folder, check=False)
    if done.returncode:
        raise UserError(
            "the page was not made: see what failed above. What was made is in "
            f"{args.folder}/results"
        )
    print(f"The page so far: {args.folder / page}")


if __name__ == "__main__":
    run(main)
