"""Groups of images that no split may divide: of a patient, a lesion, a place, or equal pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from transfer.data.samples import ImageSource, Sample


def join_groups(
    samples: Sequence[Sample], digests: Mapping[ImageSource, str] | None = None
) -> list[Sample]:
    """The samples, each with a group: those that share a group, an image or a digest have one.

    A sample without a group is alone in one of its id. A joined group is called by the first of
    its names in order of the samples.
    """
    parent: dict[object, object] = {}

    def root(key: object) -> object:
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for sample in samples:
        own = _own_group(sample)
        keys: list[object] = [("image", sample.image)]
        if digests and sample.image in digests:
            keys.append(("digest", digests[sample.image]))
        for key in keys:
            parent[root(key)] = root(own)
    names: dict[object, str] = {}
    used: set[str] = set()
    joined = []
    for sample in samples:
        own = _own_group(sample)
        if root(own) not in names:
            name = own[1]
            # A group may be called as the id of an image in another.
            while name in used:
                name += "_"
            names[root(own)] = name
            used.add(name)
        joined.append(replace(sample, group=names[root(own)]))
    return joined


def _own_group(sample: Sample) -> tuple[str, str]:
    return ("group", sample.group) if sample.group is not None else ("id", sample.id)


def draw_groups(samples: Sequence[Sample], *, fraction: float, seed: int) -> set[str]:
    """Groups that together have about a fraction of the samples, and of those of each class.

    Groups are visited in random order and taken if that lowers the sum, over classes, of squared
    differences from the fraction divided by the size of the class. No class loses its last group,
    and one of two groups or more gives one, where that is possible. Every sample has a group.
    """
    # Images without any label count as a class.
    labels = [sample.labels or (-1,) for sample in samples]
    sizes: dict[str, dict[int, int]] = {}
    totals: dict[int, int] = {}
    for sample, own in zip(samples, labels, strict=True):
        counts = sizes.setdefault(str(sample.group), {})
        for label in own:
            counts[label] = counts.get(label, 0) + 1
            totals[label] = totals.get(label, 0) + 1
    wanted = {label: fraction * total for label, total in totals.items()}
    taken = dict.fromkeys(totals, 0)
    names = list(sizes)
    order = [names[n] for n in np.random.RandomState(seed).permutation(len(names))]
    chosen: set[str] = set()

    def leaves_all_classes(group: str) -> bool:
        return all(taken[label] + n < totals[label] for label, n in sizes[group].items())

    def take(group: str) -> None:
        chosen.add(group)
        for label, n in sizes[group].items():
            taken[label] += n

    for group in order:
        change = sum(
            n * (n + 2 * (taken[label] - wanted[label])) / totals[label]
            for label, n in sizes[group].items()
        )
        if change < 0 and leaves_all_classes(group):
            take(group)
    of_label: dict[int, list[str]] = {}
    for group in order:
        for label in sizes[group]:
            of_label.setdefault(label, []).append(group)
    for label in sorted(totals, key=lambda label: (totals[label], label)):
        for group in sorted(of_label[label], key=lambda group: sum(sizes[group].values())):
            if not taken[label] and leaves_all_classes(group):
                take(group)
    return chosen


def divided_groups(samples: Sequence[Sample]) -> dict[str, list[str]]:
    """Groups of which several splits have a part, each with those splits in order."""
    splits: dict[str, set[str]] = {}
    for sample in samples:
        if sample.group is not None:
            splits.setdefault(sample.group, set()).add(str(sample.split))
    return {group: sorted(parts) for group, parts in splits.items() if len(parts) > 1}
