"""What is wrong with a dataset's labels: refused for one's own files unless allowed, and stated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transfer.data.groups import divided_groups
from transfer.data.samples import ImageSource, Sample
from transfer.errors import UserError

ORDERED = ("quadratic_weighted_kappa",)
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class LabelProblem:
    """Something to correct or, under the name of its `kind`, to allow."""

    kind: str
    message: str


def settle(name: str, findings: Sequence[LabelProblem], allowed: Sequence[str], own: bool) -> None:
    """Raise UserError for findings in one's `own` files that are not among those `allowed`."""
    refused = [finding for finding in findings if own and finding.kind not in allowed]
    if refused:
        kinds = ", ".join(dict.fromkeys(finding.kind for finding in refused))
        raise UserError(
            "\n".join(f"{name}: {finding.message}" for finding in refused)
            + f"\nCorrect the files, or keep them as they are: `allow: [{kinds}]` in the block of "
            "the dataset"
        )


def check_order(name: str, metric: str, classes: Sequence[str], given: bool) -> None:
    """Raise UserError if a metric needs the order of classes, and that is only the alphabet's."""
    if metric not in ORDERED or given:
        return
    if all(text.lstrip("+-").isdigit() for text in classes):
        return
    raise UserError(
        f"{name}: metric {metric} needs the classes in order, and by name they are "
        f"{', '.join(classes)}. Set `classes: [{', '.join(classes)}]`, in the right order, under "
        "its layout"
    )


def check_splits(name: str, samples: Sequence[Sample]) -> None:
    """Raise UserError if there is nothing to train on or nothing to evaluate."""
    found = {str(sample.split) for sample in samples}
    if "train" not in found or len(found) < 2:
        lacks = "an evaluation split (val or test)" if "train" in found else "train"
        raise UserError(
            f"{name}: all images are in {' and '.join(sorted(found))}, and none in {lacks}. Add "
            "some, or draw splits with `split: {method: grouped, seed: 0, fraction: 0.2}`"
        )


def label_findings(
    samples: Sequence[Sample], classes: Sequence[str], multilabel: bool
) -> list[LabelProblem]:
    """Findings before images are decoded. Raises UserError if there are not two classes."""
    counts = {split: [0] * len(classes) for split in SPLITS}
    for sample in samples:
        for label in sample.labels:
            counts[str(sample.split)][label] += 1
    found = {split for split in SPLITS if any(counts[split])}
    totals = [sum(counts[split][n] for split in SPLITS) for n in range(len(classes))]
    if sum(map(bool, totals)) < 2 and not multilabel:
        only = ", ".join(name for name, total in zip(classes, totals, strict=True) if total)
        raise UserError(f"all images are of one class ({only}): there is nothing to tell apart")
    findings = []
    if empty := [name for name, total in zip(classes, totals, strict=True) if not total]:
        findings.append(
            LabelProblem("empty_classes", f"no image of the classes {', '.join(empty)}")
        )
    for split in (split for split in SPLITS if split in found):
        absent = [
            f"{name} ({totals[n]} in all)"
            for n, name in enumerate(classes)
            if totals[n] and not counts[split][n]
        ]
        if absent:
            findings.append(
                LabelProblem(
                    "absent_classes", f"{split} has no image of the classes {_some(absent)}"
                )
            )
    images = [sample.image for sample in samples]
    findings += _conflicts(samples, classes, images, "an image has")
    findings += _conflicts(samples, classes, [sample.id for sample in samples], "one id has")
    if divided := divided_groups(samples):
        some = [f"{group} in {' and '.join(parts)}" for group, parts in divided.items()]
        findings.append(
            LabelProblem(
                "divided_groups",
                f"its splits divide {len(divided)} groups: {_some(some)}. Draw splits with "
                "`split: {method: grouped}`",
            )
        )
    return findings


def pixel_findings(
    samples: Sequence[Sample], classes: Sequence[str], digests: Mapping[ImageSource, str]
) -> list[LabelProblem]:
    """Findings that need the pixels: equal ones under several labels."""
    keys = [digests.get(sample.image) for sample in samples]
    return _conflicts(samples, classes, keys, "equal pixels have")


def repeated_rows(samples: Sequence[Sample]) -> int:
    """Number of rows that repeat an image, with its labels, in the same split."""
    return len(samples) - len({(s.image, s.labels, s.split) for s in samples})


def _conflicts(
    samples: Sequence[Sample], classes: Sequence[str], keys: Sequence[object], what: str
) -> list[LabelProblem]:
    """Samples with equal keys and different labels; those of one image are found by it alone."""
    first: dict[object, Sample] = {}
    found: list[str] = []
    for sample, key in zip(samples, keys, strict=True):
        other = first.setdefault(key, sample)
        same_image = other.image == sample.image and key != sample.image
        if key is not None and other.labels != sample.labels and not same_image:
            found.append(f"{_described(other, classes)} and {_described(sample, classes)}")
    if not found:
        return []
    return [LabelProblem("conflicting_labels", f"{what} several labels: {_some(found, '; ')}")]


def _described(sample: Sample, classes: Sequence[str]) -> str:
    line = f"line {sample.line}: " if sample.line else ""
    labels = " ".join(classes[label] for label in sample.labels) or "no label"
    return f"{line}{sample.image.name} ({labels})"


def _some(texts: Sequence[str], mark: str = ", ", most: int = 5) -> str:
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return mark.join(texts[:most]) + more
