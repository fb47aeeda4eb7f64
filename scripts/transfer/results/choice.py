"""Select the best run of a cell, and check that its runs can be compared."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from transfer.errors import UserError
from transfer.results.records import SHARED, RunRecord, cell_digests, read_run
from transfer.study.grid import Cell

RECORD = "metrics.json"
WORDS = {"code": "training code", "model": "model or its weights"}


def best_run(runs: Sequence[RunRecord]) -> RunRecord | None:
    """The run with the highest criterion; ties keep the earlier run; None if none has one."""
    whole = [run for run in runs if run.criterion is not None]
    return max(whole, key=lambda run: run.criterion or 0.0) if whole else None


def odd_runs(found: Sequence[RunRecord], key: str, current: str | None = None) -> list[RunRecord]:
    """The runs of a cell whose `key` differs from that of a new run.

    That is `current`, a digest of the cell's description or, if unknown, the value of most runs.
    """
    if current is not None:
        odd = [run for run in found if run.digests.get(key, current) != current]
        if odd:
            return odd
    groups: dict[str, list[RunRecord]] = {}
    for run in found:
        groups.setdefault(run.shared[key], []).append(run)
    usual = max(groups, key=lambda text: len(groups[text]), default="")
    return [run for run in found if run.shared[key] != usual]


def refuse_mixed(
    cell: Cell,
    found: Sequence[RunRecord],
    runs: Path,
    current: Mapping[str, str],
    keys: Sequence[str] = SHARED,
) -> None:
    """Raise UserError if a cell's runs do not share data, weights, settings, precision and code.

    The workflow repeats all runs after a change; this detects changes it cannot see. The message
    names the deviating runs and the command that repeats only these. `current` contains the digests
    of a new run, as far as they are known.
    """
    for key in keys:
        odd = odd_runs(found, key, current.get(key))
        if odd:
            paths = [str(runs / cell.run_folder(run.name) / RECORD) for run in odd]
            raise UserError(
                f"{cell.dataset}/{cell.model}/{cell.recipe}: {len(odd)} of its {len(found)} runs "
                f"were made with another {WORDS.get(key, key)} than "
                f"{'the rest' if len(odd) < len(found) else 'the study has now'}: "
                f"{', '.join(run.name for run in odd)}. To train only these again:\n"
                f"snakemake --cores 8 --resources gpu=4 --force -- {shlex.join(paths)}"
            )


def choose_among(grid: Sequence[RunRecord]) -> RunRecord | None:
    """The best run of those that completed; if none did, of all; if none has a value, the first."""
    completed = [run for run in grid if not run.diverged]
    return best_run(completed) or best_run(grid) or next(iter(grid), None)


def choose(cell: Cell, runs: Path, metric: str, cells_folder: Path | None = None) -> RunRecord:
    """The run of a cell that others start from: the best by the recipe's own selection split.

    `runs`, `metric` and `cells_folder` are those of `select`. A run that diverged is chosen only
    where all did; then the one with the best epoch before, or else the first. Raises UserError if
    a run is missing, or if they cannot be compared.
    """
    paths = {hp: runs / cell.run_folder(hp) / RECORD for hp in cell.hps}
    missing = [str(path) for path in paths.values() if not path.is_file()]
    if missing:
        raise UserError(f"missing runs: {', '.join(missing)}: start the workflow again")
    found = [read_run(path, cell, hp, metric, "by_recipe") for hp, path in paths.items()]
    refuse_mixed(cell, found, runs, current_digests(cell, cells_folder))
    best = choose_among(found)
    assert best is not None
    return best


def current_digests(cell: Cell, cells_folder: Path | None) -> dict[str, str]:
    """What a cell's description requires of its runs; {} without a description."""
    if cells_folder is None:
        return {}
    return cell_digests(cells_folder / cell.dataset / cell.model / f"{cell.recipe}.txt")
