"""The best run of each cell of a study, from the records that the runs leave."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from transfer.errors import UserError
from transfer.results.records import SHARED, Run, cell_digests, read_run
from transfer.study.grid import Cell
from transfer.training.accepted import Accepted, unproven

RECORD = "metrics.json"
WORDS = {"code": "training code", "model": "model or its weights"}


def best_run(runs: Sequence[Run]) -> Run | None:
    """The run with the highest criterion; ties keep the earlier run; None if none has one."""
    whole = [run for run in runs if run.criterion is not None]
    return max(whole, key=lambda run: run.criterion or 0.0) if whole else None


def odd_runs(found: Sequence[Run], key: str, current: str | None = None) -> list[Run]:
    """The runs of a cell whose `key` differs from what a new run would have.

    That is `current`, a digest as the cell's description has it; where it is not known, what most
    runs have.
    """
    if current is not None:
        odd = [run for run in found if run.digests.get(key, current) != current]
        if odd:
            return odd
    groups: dict[str, list[Run]] = {}
    for run in found:
        groups.setdefault(run.shared[key], []).append(run)
    usual = max(groups, key=lambda text: len(groups[text]), default="")
    return [run for run in found if run.shared[key] != usual]


def refuse_mixed(cell: Cell, found: Sequence[Run], runs: Path, current: Mapping[str, str]) -> None:
    """Raise UserError if a cell's runs do not share data, weights, settings, precision and code.

    The workflow trains them all again after a change; this is for what it cannot see. The message
    names the odd runs and the command that trains only them again. `current` is what a new run
    would have, by digest, as far as it is known.
    """
    for key in SHARED:
        odd = odd_runs(found, key, current.get(key))
        if odd:
            paths = [str(runs / cell.run_folder(run.hp) / RECORD) for run in odd]
            raise UserError(
                f"{cell.dataset}/{cell.model}/{cell.recipe}: {len(odd)} of its {len(found)} runs "
                f"were made with another {WORDS.get(key, key)} than "
                f"{'the rest' if len(odd) < len(found) else 'the study has now'}: "
                f"{', '.join(run.hp for run in odd)}. This trains them again, and no others:\n"
                f"snakemake --cores 8 --resources gpu=4 --force -- {shlex.join(paths)}"
            )


def choose(cell: Cell, runs: Path, metric: str, cells_folder: Path | None = None) -> Run:
    """The run of a cell that others start from: the best by the recipe's own selection split.

    `runs`, `metric` and `cells_folder` are those of `select`. A run that diverged is chosen only
    where all did; then the one with the best epoch before, or else the first. Raises UserError if
    a run is missing, or if they cannot be compared.
    """
    paths = {hp: runs / cell.run_folder(hp) / RECORD for hp in cell.hps}
    missing = [str(path) for path in paths.values() if not path.is_file()]
    if missing:
        raise UserError(f"runs are not there: {', '.join(missing)}: start the workflow again")
    found = [read_run(path, cell, hp, metric, "by_recipe") for hp, path in paths.items()]
    refuse_mixed(cell, found, runs, current_digests(cell, cells_folder))
    completed = [run for run in found if not run.diverged]
    return best_run(completed) or best_run(found) or found[0]


def current_digests(cell: Cell, cells_folder: Path | None) -> dict[str, str]:
    """What a cell's description asks of its runs; {} where there is none."""
    if cells_folder is None:
        return {}
    return cell_digests(cells_folder / cell.dataset / cell.model / f"{cell.recipe}.txt")


def _distinct(values: Iterable[object]) -> str:
    return "; ".join(sorted({str(value) for value in values}))


def _provenance(found: Sequence[Run]) -> dict[str, str]:
    """What a reader must know of how a cell's runs were made; several values separated by `; `."""
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
) -> pd.DataFrame:
    """One row per cell, the columns of results.csv, with the selected run of each.

    `runs` is the folder of all runs; `metrics` the metric of each dataset; `diverged` says whether
    runs that diverged compete with their best epoch before (as the authors' did) or are
    discarded; `code_of` gives the fingerprint of the present training code for a metric and a
    recipe, and `accepted` the versions of it that were accepted as equal; `cells_folder` holds the
    descriptions of cells.

    Raises UserError listing the runs that are missing, unless `allow_partial`; then a cell counts
    those there are. Runs of a cell that cannot be compared are refused. A cell without a run that
    can be selected has no value.
    """
    accepted = accepted or {}
    rows, missing = [], []
    for cell in cells:
        metric = metrics[cell.dataset]
        found = []
        for hp in cell.hps:
            path = runs / cell.run_folder(hp) / RECORD
            if path.is_file():
                found.append(read_run(path, cell, hp, metric, selection))
            else:
                missing.append(str(path))
        code = code_of(metric, cell.recipe) if code_of else ""
        refuse_mixed(cell, found, runs, current_digests(cell, cells_folder))
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
                "n_expected": len(cell.hps),
                "n_diverged": sum(run.diverged for run in found),
                **_provenance(found),
                "n_accepted_by_name": sum(
                    unproven(cell.recipe, run.code, code, accepted) for run in found
                ),
            }
        )
    if missing and not allow_partial:
        shown = "\n  ".join(missing[:10])
        more = f"\n  and {len(missing) - 10} more" if len(missing) > 10 else ""
        raise UserError(
            f"{len(missing)} runs are not there:\n  {shown}{more}\n"
            "Make them by starting the workflow again, or select among those there are with "
            "`--config allow_partial=true`, which every table and figure then says."
        )
    return pd.DataFrame(rows).astype({"best_epoch": "Int64"})
