"""Predict how well networks transfer to datasets, from the features of the frozen networks.

python scripts/predict_transfer.py results/features/eurosat/*.npz --output predictors.csv
"""

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd

from transfer.command_line import run
from transfer.files import write_text
from transfer.results.prediction import predict, read_features


def scores_of(path: Path) -> list[dict[str, object]]:
    """The rows of a file `<dataset>/<model>.npz`: one for each predictor."""
    scores = predict(read_features(path))
    place = {"dataset": path.parent.name, "model": path.stem}
    return [place | {"predictor": name, "value": value} for name, value in scores.items()]


def table_of(paths: Iterable[Path], workers: int) -> pd.DataFrame:
    """All rows, in the order of the files."""
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        rows = [row for found in pool.map(scores_of, paths) for row in found]
    return pd.DataFrame(rows, columns=["dataset", "model", "predictor", "value"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "features", type=Path, nargs="*", help="results/features/<dataset>/<model>.npz"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--output", type=Path, required=True, help="predictors.csv")
    args = parser.parse_args()
    table = table_of(args.features, args.workers)
    write_text(args.output, table.to_csv(index=False))
    print(f"{args.output}: {len(table)} scores of {len(args.features)} networks")


if __name__ == "__main__":
    run(main)
