"""Read the records of runs, validating them by schema, path and consistency."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from transfer.errors import UserError
from transfer.files import read_json
from transfer.study.grid import Cell
from transfer.study.recipe import digest_of
from transfer.study.settings import NO_SPLIT
from transfer.study.sources import PREFIX
from transfer.training.record_checks import check_record

# Settings shared by all runs of a cell.
SHARED = ("dataset", "model", "recipe", "precision", "code")
# Their names in the output of describe_cell.py.
OPTIONS = {
    "dataset": "expect-data",
    "model": "expect-weights",
    "recipe": "expect-settings",
    "precision": "precision",
    "code": "expect-code",
}
# Packages whose versions are reported if they differ.
STATED = ("torch", "torchvision", "timm")


@dataclass(frozen=True)
class RunRecord:
    """The contents of a run's metrics.json that are used for selection.

    `name` is that of its folder: its `hp`, or that of a final run such as `final-0`. `value` is the
    metric on the report split, `criterion` the value by which runs are selected; both are None for
    a run that diverged in its first epoch. `shared` contains the settings in `SHARED` as text, and
    `digests` their digests in the cell's description, if known. `code` is the fingerprint of the
    code that trained the run, `kept_weights` the digest of the weights it left. `trained_on` are
    splits separated by spaces, `reported_epoch` is best or last.
    """

    name: str
    hp: str
    diverged: bool
    value: float | None
    criterion: float | None
    best_epoch: int | None
    shared: Mapping[str, str]
    digests: Mapping[str, str]
    code: str
    device: str
    batch_size: int
    micro_batch: int
    versions: str
    kept_weights: str | None
    trained_on: str
    reported_epoch: str


def read_run(path: str | Path, cell: Cell, hp: str, metric: str, selection: str) -> RunRecord:
    """Read the metrics.json of a cell's run at one point of its grid.

    `metric` is that of the cell's dataset, by which the run selected its epoch; where the cell is
    compared by another, value and criterion are of that one at the same epoch. `selection` is
    `as_published`, which chooses by the reported value itself, as the authors did, `by_recipe`,
    which chooses by the metric on the split that chose the epoch, or `honest`, which does so and
    wants another than the reported one. Raises UserError for a record that is broken, of another
    run, at odds with itself, or without the metric that is compared, and for `honest` where both
    splits are one.
    """
    record = _read(path)
    wanted = {"dataset": cell.dataset, "model": cell.model, "recipe": cell.recipe, "hp": hp}
    for key, name in (wanted | {"metric": metric}).items():
        if record[key] != name:
            _refuse(path, f"is of {key} '{record[key]}', and '{name}' belongs here")
        if key in wanted and record["settings"][key].get("name") != name:
            _refuse(path, f"has settings of another {key}, and '{name}' belongs here")
    compared = cell.metric or metric
    value = None if record["value"] is None else _recorded(path, record["metrics"], compared)
    criterion = value
    if selection != "as_published" and criterion is not None:
        if selection == "honest" and record["selection_split"] == record["report_split"]:
            raise UserError(
                f"{path}: epoch and value are both of split '{record['report_split']}', so no "
                "selection by it is honest. Use a recipe that reports another split, such as "
                "finetune_holdout, or set `selection: as_published` in the study."
            )
        criterion = record["history"][record["best_epoch"] - 1]["selection"]
        criterion = _recorded(path, criterion, compared)
    settings = record["settings"]
    return RunRecord(
        name=Path(path).parent.name,
        hp=hp,
        diverged=record["status"] == "diverged",
        value=value,
        criterion=criterion,
        best_epoch=record["best_epoch"],
        shared={key: json.dumps(settings[key], sort_keys=True) for key in SHARED},
        digests=_digests(settings),
        code=record["code"],
        device=record["device"],
        batch_size=record["batch_size"],
        micro_batch=record["micro_batch"],
        kept_weights=record.get("kept_weights"),
        trained_on=" ".join(settings["recipe"].get("train_splits", ["train"])),
        reported_epoch="last" if record["selection_split"] == NO_SPLIT else "best",
        versions=", ".join(
            f"{p} {record['versions'][p]}" for p in STATED if p in record["versions"]
        ),
    )


def _recorded(path: str | Path, metrics: Mapping[str, float], metric: str) -> float:
    if metric not in metrics:
        raise UserError(
            f"{path}: records {', '.join(metrics)}, and the study compares by {metric}. Compare by "
            f"one of those, or delete {Path(path).parent} and start the workflow again: the run is "
            "then trained again, and records all that the present code does"
        )
    return metrics[metric]


def _digests(settings: Mapping[str, Any]) -> dict[str, str]:
    model, recipe = settings["model"], dict(settings["recipe"])
    found = {
        "dataset": settings["dataset"].get("digest", ""),
        "model": model.get("weights_sha256") or "",
        "precision": settings["precision"],
        "code": settings["code"],
    }
    recipe.pop("name", None)
    row = {key: model.get(key) for key in ("library", "architecture", "weights")}
    # Of a local file the record names the file, and the description of the cell does not.
    # Of weights that a run left the record names the run, and the description its cell.
    row["weights"] = (row["weights"] or "").partition(", sha256")[0]
    if row["weights"].startswith(PREFIX):
        row["weights"] = row["weights"].rpartition("/")[0]
    if all(row.values()) and not row["weights"].startswith(("file:", "random")):
        found["recipe"] = digest_of(recipe, row)
    return found


def final_run(run: RunRecord) -> RunRecord:
    """A final run as it is compared with the others of its cell: whatever its seed."""
    recipe = json.loads(run.shared["recipe"])
    recipe.pop("seed", None)
    shared = {**run.shared, "recipe": json.dumps(recipe, sort_keys=True)}
    digests = {key: digest for key, digest in run.digests.items() if key != "recipe"}
    return replace(run, shared=shared, digests=digests)


def cell_digests(path: Path) -> dict[str, str]:
    """What a cell's description requires of its runs, by `RunRecord.digests`; {} without one."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    given = dict(line.removeprefix("--").partition("=")[::2] for line in lines)
    found = {key: given[option] for key, option in OPTIONS.items() if option in given}
    return {"model": ""} | found


def _read(path: str | Path) -> dict[str, Any]:
    try:
        record = read_json(path)
        check_record(record, "it")
    except (ValueError, UserError) as error:
        _refuse(path, f"is no true record of a run: {error}")
    return record


def _refuse(path: str | Path, problem: str) -> NoReturn:
    raise UserError(
        f"{path}: {problem}. Delete it and start the workflow again, which restores or trains it."
    ) from None
