"""Select the best run of a cell on its recipe's selection split, for dependent runs."""

import argparse
from pathlib import Path

from transfer.command_line import run
from transfer.files import write_json
from transfer.results.choice import RECORD, choose
from transfer.study.grid import Cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("dataset", "model", "recipe"):
        parser.add_argument(f"--{name}", required=True, help=f"the {name} of the cell")
    parser.add_argument("--metric", required=True, help="the metric of the dataset")
    parser.add_argument("--hps", nargs="+", required=True, help="the points of the recipe's grid")
    parser.add_argument("--runs", type=Path, required=True, help="the folder of all runs")
    parser.add_argument("--cells", type=Path, help="folder of the descriptions of cells")
    parser.add_argument("--output", type=Path, required=True, help="<recipe>.best.json")
    args = parser.parse_args()
    cell = Cell(args.dataset, args.model, args.recipe, tuple(args.hps))
    best = choose(cell, args.runs, args.metric, args.cells)
    path = args.runs / cell.run_folder(best.hp) / RECORD
    print(f"{path}: {best.criterion} on its selection split, of {len(cell.hps)} runs")
    write_json(
        args.output,
        {
            "hp": best.hp,
            "run": path.as_posix(),
            "status": "diverged" if best.diverged else "completed",
            "criterion": best.criterion,
            "kept_weights": best.kept_weights,
        },
    )


if __name__ == "__main__":
    run(main)
