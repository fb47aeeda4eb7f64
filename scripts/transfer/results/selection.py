"""Select the best run of each cell of a study from the records of runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from transfer.errors import UserError
from transfer.results.choice import RECORD, best_run, choose_among, current_digests, refuse_mixed
from transfer.results.finals import final_columns, read_finals
from transfer.results.records import RunRecord, read_run
from transfer.study.absent import Key
from transfer.study.grid import Cell
from transfer.training.accepted import Accepted, unproven


def _distinct(values: Iterable[object]) -> str:
    return "; ".join(sorted({str(value) for value in values}))


def _provenance(found: Sequence[RunRecord]) -> dict[str, str]:
    """How a cell's runs were made, for the reader; several values separated by `; `."""
    return {
        "precision": _distinct(run.shared["precision"].strip('"') for run in found),
        "device": _distinct(run.device for run in found),
        "micro_batch": _distinct(
            run.micro_batch for run in found if run.micro_batch < run.batch_size
        ),
        "versions": _distinct(run.versions for run in found),
    }


def select(
    cells: Iterable[Cell],
    runs: Path,
    selection: str,
    allow_partial: bool,
    metrics: Mapping[str, str],
    diverged: str = "compete",
    code_of: Callable[[str, str], str] | None = None,
    accepted: Accepted | None = None,
    cells_folder: Path | None = None,
    absent: Mapping[Key, str] | None = None,
) -> pd.DataFrame:
    """Select the best run of each cell; returns one row per cell, with the columns of results.csv.

    In a cell with final runs it is the best by its recipe's selection split that did not diverge,
    whatever `selection` says, and the value the mean of theirs; its further columns are those of
    `final_columns`.
    `runs` is the folder of all runs; `metrics` the metric of each dataset; `diverged` says whether
    diverged runs compete with their best epoch before divergence, as in the authors' code, or are
    discarded; `code_of` returns the fingerprint of the current training code for a metric and a
    recipe; `accepted` contains the versions accepted as equal; `cells_folder` contains the
    descriptions of cells. `absent` are cells whose runs are not expected yet, with what they lack,
    which the column `absent` repeats.

    Raises UserError listing missing runs unless `allow_partial`, in which case a cell uses the runs
    that exist. Also raises UserError for runs of a cell that cannot be compared. A cell without a
    selectable run has no value.
    """
    accepted, absent = accepted or {}, absent or {}
    rows, missing = [], []
    for cell in cells:
        metric = metrics[cell.dataset]
        paths = {name: runs / cell.run_folder(name) / RECORD for name in cell.runs}
        lacks = absent.get((cell.dataset, cell.model, cell.recipe), "")
        if not lacks:
            missing += [str(path) for path in paths.values() if not path.is_file()]
        by = "by_recipe" if cell.finals else selection
        # Final runs were chosen by the dataset's own metric, even if the study compares another.
        grid = replace(cell, metric="") if cell.finals else cell
        found = [
            read_run(paths[hp], grid, hp, metric, by) for hp in cell.hps if paths[hp].is_file()
        ]
        code = code_of(metric, cell.recipe) if code_of else ""
        current = current_digests(cell, cells_folder)
        refuse_mixed(cell, found, runs, current)
        if cell.finals:
            best = choose_among(found)
            finals = read_finals(cell, found, runs, metric, current)
            found += finals
        else:
            best = best_run([run for run in found if diverged == "compete" or not run.diverged])
        rows.append(
            {
                "dataset": cell.dataset,
                "model": cell.model,
                "recipe": cell.recipe,
                "metric": cell.metric or metric,
                "value": best.value if best else None,
                "hp": best.hp if best else "",
                "best_epoch": best.best_epoch if best else None,
                "n_runs": len(found),
                "n_expected": len(cell.runs),
                "n_diverged": sum(run.diverged for run in found),
                **_provenance(found),
                "n_accepted_by_name": sum(
                    unproven(cell.recipe, run.code, code, accepted) for run in found
                ),
                **(final_columns(finals, diverged) if cell.finals else {}),
                **({"absent": lacks} if absent else {}),
            }
        )
    if missing and not allow_partial:
        shown = "\n  ".join(missing[:10])
        more = f"\n  and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise UserError(
            f"{len(missing)} runs are missing:\n  {shown}{more}\n"
            "Start the workflow again to train them, or select among the existing runs with "
            "`--config allow_partial=true`, which every table and figure then states."
        )
    results = pd.DataFrame(rows)
    whole = {"best_epoch", "n_seeds"} & set(results.columns)
    return results.astype(dict.fromkeys(whole, "Int64"))
