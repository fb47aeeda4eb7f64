"""Benchmark status on 10,000 run folders, as a ratio to reading each file once.

python benchmarks/status.py [--runs 10000] [--epochs 30]
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[1]


def record(epochs: int, value: float) -> str:
    """A metrics.json of realistic length."""
    entry = {
        "learning_rate": 0.001,
        "loss": 0.51234567891234,
        "selection": {"accuracy": 0.91234567890123, "macro_f1": 0.88},
        "report": {"accuracy": 0.91234567890123, "macro_f1": 0.88},
        "training_seconds": 61.123456789,
        "evaluation_seconds": 9.123456789,
        "images_per_second": 231.123456789,
    }
    content = {
        "status": "completed",
        "metric": "accuracy",
        "value": value,
        "history": [{"epoch": i + 1, **entry} for i in range(epochs)],
        "seconds": 2107.5,
        "images_per_second": 231.1,
        "images_per_epoch": 14071,
        "settings": {"recipe": {f"key_{i}": "x" * 20 for i in range(40)}},
    }
    return json.dumps(content, indent=2) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=30)
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "scripts"))
    from transfer.study.expected import expected_runs
    from transfer.study.model import read_models
    from transfer.study.recipes import read_recipes
    from transfer.study.study import Intervals, Part, Study

    recipes = read_recipes(ROOT / "config/recipes")
    models = [
        line.split("\t")[0] for line in (ROOT / "config/models.tsv").read_text().splitlines()[1:]
    ]
    datasets = ["cct20", "aptos", "hpa", "melanoma", "cassava", "eurosat", "cifar10", "pets"]
    part = Part(tuple(datasets), tuple(models), "finetune")
    intervals: Intervals = {"samples": 1, "seed": 0, "level": 0.95}
    study = Study("grid", "", "runs", {"main": part}, "published", 70, intervals, {}, {})
    known = read_models(ROOT / "config/models.tsv")
    wanted = list(islice(expected_runs(study, recipes, known), args.runs))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "config"
        (config / "studies").mkdir(parents=True)
        for table in ("models.tsv", "datasets.yaml"):
            shutil.copy(ROOT / "config" / table, config / table)
        shutil.copytree(ROOT / "config" / "recipes", config / "recipes")
        (config / "studies/grid.yaml").write_text(
            "title: Grid\nsource: runs\nparts:\n  main:\n"
            f"    datasets: {json.dumps(datasets)}\n    models: {json.dumps(models)}\n"
            "    recipe: finetune\nimagenet_top1: published\nthreshold: 70\n"
            "intervals: {samples: 100, seed: 0, level: 0.95}\ntables: []\nfigures: []\n"
        )
        for number, run in enumerate(wanted):
            path = run.folder(folder / "runs") / "metrics.json"
            path.parent.mkdir(parents=True)
            path.write_text(record(args.epochs, number / len(wanted)))
        since = time.perf_counter()
        for run in wanted:
            (run.folder(folder / "runs") / "metrics.json").read_bytes()
        baseline = time.perf_counter() - since
        command = [sys.executable, str(ROOT / "scripts/status.py"), "--config", str(config)]
        since = time.perf_counter()
        shown = subprocess.run(
            [*command, "--runs", str(folder / "runs")], check=True, capture_output=True, text=True
        )
        took = time.perf_counter() - since
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(shown.stdout[:600])
        print(
            f"{len(wanted)} runs: {took:.2f} s ({used.ru_utime + used.ru_stime:.2f} s of a core), "
            f"{took / baseline:.1f} times reading the files once ({baseline:.2f} s)"
        )


if __name__ == "__main__":
    main()
