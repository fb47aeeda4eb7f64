"""Prepare a dataset from its source files: list, split, decode and summarise, atomically.

Everything is written to a separate folder beside the target and moved into place at the end, the
index last, so that a target with an index is complete.
"""

import errno
import hashlib
import platform
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from transfer.data.dataset import Dataset
from transfer.data.decoded import DECODED, PIXELS, basis, read_decoded, write_decoded
from transfer.data.equal_files import equal_files
from transfer.data.groups import join_groups
from transfer.data.label_problems import (
    LabelProblem,
    check_order,
    check_splits,
    label_findings,
    pixel_findings,
    repeated_rows,
    settle,
)
from transfer.data.layouts import OWN, read_layout
from transfer.data.layouts.table import SPLIT_COLUMN
from transfer.data.preparation import Plan, StoredRows, decode_samples
from transfer.data.samples import ImageSource, Listing, Sample
from transfer.data.splits import SPLITS, split_samples
from transfer.data.store import GROUPS, LIKE_ROWS
from transfer.errors import UserError
from transfer.files import write_json

LISTED = 50
# What a preparation makes besides the index: files that are always written, and pixels.
SMALL = ("summary.json", "leakage.csv", GROUPS, LIKE_ROWS)
LARGE = (*PIXELS, DECODED)
# Fields copied from config/datasets.yaml to the summary.
IN_SUMMARY = ("name", "short_name", "metric", "multilabel")


def prepare_dataset(
    dataset: Dataset,
    source: Path,
    target: Path,
    *,
    workers: int,
    on_bad_image: str = "stop",
    downloads: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Prepare one dataset and return its summary.

    `source` is the folder of the source files, `target` the folder to create, replaced if it
    exists; pixels that decoding would give again are kept. `on_bad_image: stop` reports all images
    that cannot be read and creates no dataset; `skip` leaves them out and lists them in the
    summary. `downloads` are the records of the source files (name, checksum, whether it was
    verified), for the summary. Raises UserError for problems with the files, the options or the
    disk.
    """
    name, target = dataset.id, target.absolute()
    own = dataset.layout["kind"] in OWN
    work = target.with_name(f".{target.name}.preparing")
    shutil.rmtree(work, ignore_errors=True)
    scratch = work / "scratch"
    scratch.mkdir(parents=True)
    try:
        listing = read_layout(source, scratch, dataset.layout, dataset.multilabel)
        _check_published_splits(name, listing.samples, dataset)
        _check_drawn_images(name, listing.samples, dataset)
        plan = Plan(
            short_sides=dataset.short_sides,
            evaluation_sizes=dataset.evaluation_sizes,
            channel_order=dataset.layout.get("channel_order", "rgb"),
        )
        based_on = basis(plan, source, dataset.layout.get("path"))
        before = read_decoded(target, based_on)
        grouped = dataset.split["method"] == "grouped"
        found: Sequence[Sample] = listing.samples
        if grouped:
            # Most equal pixels are equal files, which are found without decoding.
            found = join_groups(found, equal_files(sample.image for sample in found))
        while True:
            samples = split_samples(found, dataset.split)
            _check_drawn_splits(name, samples, dataset.split)
            findings = _label_findings(dataset, samples, listing)
            digests = before.digests_of(samples) if before else {}
            if not grouped or not _divides_equal(samples, digests):
                kept = before.outcome_of(samples) if before else None
                outcome = kept or decode_samples(samples, work / "dataset", plan, workers, name)
                if outcome.problems and on_bad_image == "stop":
                    raise UserError(_problem_report(name, samples, outcome))
                digests = {
                    samples[row].image: digest
                    for row, digest in zip(outcome.rows, outcome.digests, strict=True)
                }
                if not grouped or not _divides_equal(samples, digests):
                    break
            # Equal pixels are known once decoded; their groups are joined and drawn again.
            found = join_groups(found, digests)
            shutil.rmtree(work / "dataset", ignore_errors=True)
        (work / "dataset").mkdir(exist_ok=True)
        if not kept:
            write_decoded(work / "dataset", based_on, samples, outcome)
        findings += pixel_findings(samples, listing.classes, digests)
        settle(name, findings, dataset.allow, own)
        if not outcome.rows:
            raise UserError(f"{name}: none of its {len(samples)} images can be read")
        stored = [samples[row] for row in outcome.rows]
        summary = {
            "dataset": name,
            **{key: getattr(dataset, key) for key in IN_SUMMARY},
            "classes": list(listing.classes),
            **_counts(stored, len(listing.classes)),
            "published": _stated_sizes(dataset),
            "published_note": dataset.note or None,
            "content": hashlib.sha256("\n".join(outcome.contents).encode()).hexdigest(),
            "short_sides": list(plan.short_sides),
            "evaluation_sizes": list(plan.evaluation_sizes),
            "layout": dict(dataset.layout),
            "split": dict(dataset.split),
            "bad_images": [
                {"id": samples[row].id, "file": samples[row].image.name, "problem": problem}
                for row, problem in outcome.problems.items()
            ],
            "left_out": [asdict(entry) for entry in listing.left_out],
            "notes": [*listing.notes, *_notes(found, samples)],
            "findings": [asdict(finding) for finding in findings],
            "leakage": _leakage(stored, outcome.digests, work / "dataset"),
            "downloads": [dict(record) for record in downloads],
            "versions": {
                "python": platform.python_version(),
                **{package: version(package) for package in ("numpy", "pillow")},
            },
        }
        write_json(work / "dataset" / "summary.json", summary)
        _write_index(stored, work / "dataset" / "index.csv")
        if any(sample.group is not None for sample in stored):
            _write_groups(stored, work / "dataset" / GROUPS)
        replace_prepared(
            work / "dataset", target, work / "replaced", SMALL if kept else (*SMALL, *LARGE)
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"{target.parent}: no space left while preparing {name}. Free some, or put it "
            "on a larger disk (a symbolic link will do)."
        ) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return summary


def _stated_sizes(dataset: Dataset) -> dict[str, int] | None:
    stated = dataset.stated
    if stated is None:
        return None
    return {
        "classes": stated.classes,
        "train_size": stated.train,
        "eval_size": stated.evaluated,
    }


def _check_published_splits(name: str, samples: Sequence[Sample], dataset: Dataset) -> None:
    """Raise UserError if the splits of one's own files would be mixed and drawn again."""
    method = dataset.split["method"]
    given = ", ".join(sorted({str(sample.split) for sample in samples if sample.split}))
    if dataset.layout["kind"] not in OWN or not given or method == "listed":
        return
    where, else_ = "its folders are splits already", "pack the class folders without them"
    if dataset.layout["kind"] != "folders":
        where = f"the column '{dataset.layout.get('split') or SPLIT_COLUMN}' has splits already"
        else_ = "ignore them with `split: null` under its layout"
    raise UserError(
        f"{name}: {where} ({given}), and `split: {{method: {method}}}` would mix them. Set "
        f"`split: {{method: listed}}`, or {else_}."
    )


def _check_drawn_images(name: str, samples: Sequence[Sample], dataset: Dataset) -> None:
    """Raise UserError if a method that draws images would divide the groups of a table."""
    method = dataset.split["method"]
    if method in ("grouped", "listed", "none") or all(s.group is None for s in samples):
        return
    raise UserError(
        f"{name}: `split: {{method: {method}}}` draws images, which would divide the groups of "
        f"column '{dataset.layout['group']}'. Set `method: grouped`, which draws whole groups."
    )


def _label_findings(
    dataset: Dataset, samples: Sequence[Sample], listing: Listing
) -> list[LabelProblem]:
    """What is to be stated of labels and splits; UserError if it is refused."""
    if dataset.split["method"] == "none":
        return []
    own = dataset.layout["kind"] in OWN
    if own:
        given = bool(dataset.layout.get("classes"))
        check_order(dataset.id, dataset.metric, listing.classes, given)
        check_splits(dataset.id, samples)
    findings = label_findings(samples, listing.classes, dataset.multilabel)
    settle(dataset.id, findings, dataset.allow, own)
    return findings


def _notes(found: Sequence[Sample], samples: Sequence[Sample]) -> list[str]:
    """Rows of the source that are in no split, and rows that repeat others, in words."""
    kept = {(sample.id, sample.image) for sample in samples}
    dropped = Counter(str(s.split or "fold -1") for s in found if (s.id, s.image) not in kept)
    notes = [f"{count} rows of {part} are in no split" for part, count in dropped.items()]
    if repeated := repeated_rows(samples):
        notes.append(f"{repeated} rows repeat an image of the same split and label")
    return notes


def _divides_equal(samples: Sequence[Sample], digests: Mapping[ImageSource, str]) -> bool:
    """Whether images of equal pixels are in several splits."""
    splits: dict[str, str | None] = {}
    return any(
        splits.setdefault(digests[sample.image], sample.split) != sample.split
        for sample in samples
        if sample.image in digests
    )


def _check_drawn_splits(name: str, samples: Sequence[Sample], split: Mapping[str, Any]) -> None:
    """Raise UserError if so few images were drawn that one side of the split is empty."""
    if "fraction" not in split:
        return
    counts = Counter("train" if sample.split == "train" else "evaluated" for sample in samples)
    if not counts["train"] or not counts["evaluated"]:
        raise UserError(
            f"{name}: `fraction: {split['fraction']}` of its {len(samples)} images leaves "
            f"{counts['train']} for training and {counts['evaluated']} for evaluation. Give "
            "more images of each class, or another fraction."
        )


def _problem_report(name: str, samples: Sequence[Sample], outcome: StoredRows) -> str:
    lines = dict.fromkeys(
        f"  {samples[row].image.name}: {problem}" for row, problem in outcome.problems.items()
    )
    return (
        f"{name}: {len(lines)} of its images cannot be read:\n"
        + "\n".join(lines)
        + "\nFetch the source again, or leave them out: --config on_bad_image=skip"
    )


def _counts(samples: Sequence[Sample], classes: int) -> dict[str, Any]:
    """Numbers of rows, images and rows per class, by split; empty splits are omitted."""
    parts = {s: [x for x in samples if x.split == s] for s in SPLITS}
    parts = {split: rows for split, rows in parts.items() if rows}
    frequency = {
        split: Counter(label for sample in rows for label in sample.labels)
        for split, rows in parts.items()
    }
    return {
        "counts": {split: len(rows) for split, rows in parts.items()},
        "distinct_images": {s: len({row.image for row in rows}) for s, rows in parts.items()},
        "class_counts": {
            split: [counter[label] for label in range(classes)]
            for split, counter in frequency.items()
        },
    }


def _leakage(samples: Sequence[Sample], digests: Sequence[str], folder: Path) -> dict[str, Any]:
    """Find images with equal pixels in different splits; they are listed in `leakage.csv`.

    Images are compared as stored, that is, after shrinking.
    """
    splits_of: dict[str, set[str]] = {}
    for sample, digest in zip(samples, digests, strict=True):
        splits_of.setdefault(digest, set()).add(str(sample.split))
    rows = [
        {"content": digest, "id": sample.id, "split": sample.split}
        for sample, digest in zip(samples, digests, strict=True)
        if len(splits_of[digest]) > 1
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        pair = {"id": row["id"], "split": row["split"]}
        groups.setdefault(str(row["content"]), []).append(pair)
    if rows:
        table = pd.DataFrame(rows).sort_values("content", kind="stable")
        table.to_csv(folder / "leakage.csv", index=False, lineterminator="\n")
    return {
        "identical_images_across_splits": len(groups),
        "rows_concerned": len(rows),
        "listed": list(groups.values())[:LISTED],
    }


def _write_index(samples: Sequence[Sample], path: Path) -> None:
    table = pd.DataFrame(
        {
            "id": [sample.id for sample in samples],
            "label": [" ".join(map(str, sample.labels)) for sample in samples],
            "split": [sample.split for sample in samples],
        }
    )
    table.to_csv(path, index=False, lineterminator="\n")


def _write_groups(samples: Sequence[Sample], path: Path) -> None:
    groups = [sample.id if sample.group is None else sample.group for sample in samples]
    table = pd.DataFrame({"id": [sample.id for sample in samples], "group": groups})
    table.to_csv(path, index=False, lineterminator="\n")


def replace_prepared(
    made: Path, target: Path, old: Path, replaced: Sequence[str] = (*SMALL, *LARGE)
) -> None:
    """Move the results to the target, the index last, so that a target with an index is complete.

    `old` is a folder to create, on the same file system, for the previous contents of the target
    that match the patterns of `replaced`. Other steps may keep files in the target.
    """
    target.mkdir(parents=True, exist_ok=True)
    old.mkdir()
    (target / "index.csv").unlink(missing_ok=True)
    for pattern in replaced:
        for path in target.glob(pattern):
            path.rename(old / path.name)
    for path in sorted(made.iterdir(), key=lambda path: path.name == "index.csv"):
        path.rename(target / path.name)
