"""Select the best run of each (dataset, model, recipe) of a study and copy its predictions."""

import argparse
import json
import shutil
from pathlib import Path

import pandas as pd

from transfer.command_line import run
from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.files import atomic_path, write_text
from transfer.results.selection import select
from transfer.study.absent import Key
from transfer.study.grid import Cell, study_cells
from transfer.study.recipes import read_recipes
from transfer.study.study import read_study
from transfer.training.accepted import read_accepted
from transfer.training.code import training_code


def keep_predictions(results: pd.DataFrame, runs: Path, folder: Path) -> None:
    """Copy each selected run's predictions to `<folder>/<dataset>/<model>/<recipe>.npz`.

    Where there are final runs, those of the one that the column `run` names.
    """
    # Exists even if no run has been selected.
    folder.mkdir(parents=True, exist_ok=True)
    for row in results[results["hp"] != ""].to_dict("records"):
        cell = Cell(row["dataset"], row["model"], row["recipe"], ())
        final = row.get("run")
        if final == "":
            continue
        name = final if isinstance(final, str) else row["hp"]
        source = runs / cell.run_folder(name) / "predictions.npz"
        target = folder / cell.dataset / cell.model / f"{cell.recipe}.npz"
        if not source.is_file():
            raise UserError(
                f"{source}: the predictions of a selected run are missing. Delete metrics.json in "
                "the same folder and start the workflow again to repeat the run."
            )
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)


def absent_key(cell: str) -> Key:
    """The dataset, model and recipe of `dataset/model/recipe`."""
    dataset, model, recipe = cell.split("/")
    return dataset, model, recipe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="config/studies/<study>.yaml")
    parser.add_argument("--datasets", type=Path, default=Path("config/datasets.yaml"))
    parser.add_argument("--recipes", type=Path, default=Path("config/recipes"))
    parser.add_argument("--runs", type=Path, required=True, help="the folder of all runs")
    parser.add_argument("--cells", type=Path, help="folder of the descriptions of cells")
    parser.add_argument(
        "--accepted", type=Path, help="versions of the training code accepted as equal"
    )
    parser.add_argument(
        "--absent",
        type=json.loads,
        default={},
        help="cells of optional parts that wait for files, and what they lack: JSON, "
        '\'{"dataset/model/recipe": "place ..."}\'',
    )
    parser.add_argument(
        "--allow-partial", action="store_true", help="select among the existing runs"
    )
    parser.add_argument("--output", type=Path, required=True, help="results.csv")
    parser.add_argument("--predictions", type=Path, required=True, help="folder of predictions")
    args = parser.parse_args()
    study, datasets = read_study(args.study), read_datasets(args.datasets)
    recipes, accepted = read_recipes(args.recipes), read_accepted(args.accepted)
    results = select(
        study_cells(study, recipes),
        args.runs,
        study.selection,
        args.allow_partial,
        {key: dataset.metric for key, dataset in datasets.items()},
        study.diverged,
        lambda metric, name: training_code(metric, *recipes[name].functions),
        accepted,
        args.cells,
        {absent_key(cell): why for cell, why in args.absent.items()},
    )
    keep_predictions(results, args.runs, args.predictions)
    write_text(args.output, results.to_csv(index=False))


if __name__ == "__main__":
    run(main)
