"""Finished runs: the settings they were trained with, and how they are restored.

Does not import torch, which takes seconds: thousands of runs may be examined.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transfer.data.digest import prepared_digest
from transfer.errors import UserError
from transfer.files import checksum, read_json, write_json
from transfer.training.parts import Parts
from transfer.training.record_checks import check_record
from transfer.training.weights_record import read_record, weights_digest, weights_name

PREDICTIONS = "predictions.npz"
RECORD = "metrics.json"
# A copy of the record that Snakemake does not know and therefore does not delete.
COPY = "finished.json"
CHECKPOINT = "checkpoint.pt"
# What a run of a recipe that keeps them leaves for others to start from, and its record.
WEIGHTS, WEIGHTS_RECORD = "weights.safetensors", "weights.json"
BESIDE = (PREDICTIONS, WEIGHTS, WEIGHTS_RECORD)
# Results with other settings, by digest.
SUPERSEDED = "superseded"


def run_settings(parts: Parts, precision: str, code: str) -> dict[str, Any]:
    """Return everything that a run's result depends on, as JSON-compatible values.

    `code` is what the code counts as: its fingerprint, or the one it was accepted as equal to.
    """
    dataset, row, weights = parts.dataset, parts.row, parts.weights
    content = {
        "dataset": {
            "name": dataset.summary["dataset"],
            "digest": prepared_digest(dataset.folder),
            "short_side": dataset.short_side,
        },
        "model": {
            "name": row.id,
            "library": row.library,
            "architecture": row.architecture,
            "weights": weights_name(weights) if weights else "random",
            "weights_sha256": weights_digest(weights) if weights else None,
        },
        "recipe": {"name": parts.recipe} | parts.settings.content(),
        "hp": {"name": parts.hp.id, **parts.hp.values},
        "precision": precision,
        "code": code,
    }
    return json.loads(json.dumps(content))


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str = "") -> list[str]:
    """List the differences of two settings, as `recipe.epochs: 30, now 10`."""
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key), theirs.get(key)
        if isinstance(mine, dict) and isinstance(other, dict):
            found += differences(mine, other, f"{prefix}{key}.")
        elif mine != other:
            found.append(f"{prefix}{key}: {other}, now {mine}")
    return found


def read_finished(folder: Path) -> dict[str, Any] | None:
    """Read the record of a folder with a finished run; None if it is missing or incomplete."""
    for name in (COPY, RECORD):
        record = _valid_record(folder / name)
        if record is None or (record["value"] is not None and not (folder / PREDICTIONS).is_file()):
            continue
        if kept_whole(folder, record):
            return record
    return None


def kept_whole(folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether the weights that a run left, if it left any, are there as it wrote them."""
    digest = record.get("kept_weights")
    if digest is None:
        return True
    try:
        kept = read_record(folder / WEIGHTS_RECORD)
        file = checksum(folder / WEIGHTS, "sha256")
    except (UserError, OSError):
        return False
    return (kept.tensors_sha256, kept.source_sha256) == (digest, file)


def _valid_record(path: Path) -> dict[str, Any] | None:
    try:
        record = read_json(path)
        check_record(record, str(path))
    except (FileNotFoundError, NotADirectoryError, ValueError, UserError):
        return None
    return record


def _place(folder: Path, settings: Mapping[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    return folder / SUPERSEDED / digest


def _copy_beside(source: Path, target: Path) -> None:
    """Copy what lies beside a record; what the source lacks the target then lacks too."""
    for name in BESIDE:
        (target / name).unlink(missing_ok=True)
        if (source / name).is_file():
            shutil.copy2(source / name, target / name)


def set_aside(folder: Path, settings: Mapping[str, Any]) -> None:
    """Archive a run finished here with other settings, to be found by `restore`."""
    record = read_finished(folder)
    if record is None or record["settings"] == settings:
        return
    target = _place(folder, record["settings"])
    if read_finished(target) is None:
        scratch = target.with_name(f".{target.name}")
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        scratch.mkdir(parents=True)
        _copy_beside(folder, scratch)
        write_json(scratch / COPY, record)
        scratch.rename(target)


def restore(path: Path, settings: Mapping[str, Any]) -> bool:
    """Whether a run with exactly these settings was finished here; restores `path`, its record.

    Snakemake deletes the record of a run whose end it did not see, and of one whose inputs were
    created again, even with the same content; and an edit of the code may be reverted. Results that
    took hours are not lost in these cases.
    """
    folder = path.parent
    for place in (folder, _place(folder, settings)):
        record = read_finished(place)
        if record is None or record["settings"] != settings:
            continue
        if place != folder:
            set_aside(folder, settings)
            # A copy must never be beside the predictions of another run.
            (folder / COPY).unlink(missing_ok=True)
            _copy_beside(place, folder)
            write_json(folder / COPY, record)
        # A file that is written again is newer than the tables made from it.
        if _valid_record(path) != record:
            write_json(path, record)
        return True
    return False


def delete_checkpoints(folder: Path) -> None:
    """Delete the checkpoints, which a finished run no longer needs."""
    for path in folder.glob(f"{Path(CHECKPOINT).stem}*"):
        path.unlink(missing_ok=True)
