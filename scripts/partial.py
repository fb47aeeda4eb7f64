"""Make tables, figures and page of a study from the runs finished so far.

    python scripts/partial.py --study fang2023

Works in a separate folder with links to the runs, so that it can be used while snakemake is
running; does not train or prepare anything. Every table, figure and caption states the number of
runs it is based on.
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
    """Create a working folder with links to everything that is only read."""
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
        raise UserError(f"study {args.study} has no runs, so it has no partial results")
    link(args.folder, Path.cwd())
    page = f"results/{args.study}/paper.html"
    # Rules that train or prepare are not included and so cannot be started.
    rules = ["select_runs", "resample_images", "answer_statements", "study_fid"]
    rules += ["figure", "table", "verdict", "paper"]
    command = [sys.executable, "-m", "snakemake", "--cores", str(args.cores)]
    command += ["--config", "allow_partial=true", "--allowed-rules", *rules, "--", page]
    done = subprocess.run(command, cwd=args.folder, check=False)
    if done.returncode:
        raise UserError(
            "the page could not be made: see the errors above. Finished outputs are in "
            f"{args.folder}/results"
        )
    print(f"The page so far: {args.folder / page}")


if __name__ == "__main__":
    run(main)
