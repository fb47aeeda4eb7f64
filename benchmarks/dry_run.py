"""Benchmark a dry run of the main study against a bare workflow with as many empty jobs.

    python benchmarks/dry_run.py

The bare workflow has one rule with an empty `shell:` and the main study's output, asked for as
many files. Prints user seconds of both and their ratio, the least of five runs each, in turn.
Exit status 1 if the main study takes more than 1.5 times as long.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

LIMIT = 1.5
BARE = """
rule all:
    input:
        expand(
            "results/runs/{cell}/finetune/{hp}/metrics.json",
            cell=[f"dataset{d}/model{m}" for d in range(7) for m in range(19)],
            hp=range(60),
        ),


rule train:
    output:
        "results/runs/{dataset}/{model}/{recipe}/{hp}/metrics.json",
    shell:
        ""
"""


def user_seconds(folder: Path, *arguments: str) -> float:
    """CPU time of one dry run in a folder; raises CalledProcessError if it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", "snakemake", "all", "--dry-run", *arguments],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main() -> None:
    root = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as temporary:
        (Path(temporary) / "Snakefile").write_text(BARE)
        ours, bare = [], []
        for _ in range(5):
            ours.append(user_seconds(root))
            bare.append(user_seconds(Path(temporary), "--scheduler", "greedy"))
    print(f"main study {min(ours):.1f} s, bare workflow {min(bare):.1f} s of CPU time")
    ratio = min(ours) / min(bare)
    print(f"ratio {ratio:.2f}, at most {LIMIT}")
    sys.exit(ratio > LIMIT)


if __name__ == "__main__":
    main()
