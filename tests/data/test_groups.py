"""No split divides a group, whatever the table; classes are in proportion if groups allow it."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer.data.arrays import ArrayImage
from transfer.data.groups import divided_groups, join_groups
from transfer.data.samples import Sample
from transfer.data.splits import split_samples


def sample(row, label, group=None, image=None, **fields):
    place = row if image is None else image
    source = ArrayImage(str(place), "", place)  # type: ignore[arg-type]
    labels = label if isinstance(label, tuple) else (label,)
    return Sample(f"i{row}", labels, source, group=group, **fields)


TABLES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 3), max_size=3).map(lambda labels: tuple(sorted(set(labels)))),
        st.one_of(st.none(), st.integers(0, 12).map(str)),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=60,
)
FRACTIONS = st.floats(0.05, 0.95)


@settings(max_examples=300, deadline=None)
@given(TABLES, FRACTIONS, FRACTIONS, st.integers(0, 99), st.booleans())
def test_no_split_and_no_holdout_divides_a_group(table, fraction, held, seed, with_holdout):
    samples = [sample(n, *row) for n, row in enumerate(table)]
    split = {"method": "grouped", "seed": seed, "fraction": fraction}
    if with_holdout:
        split["holdout"] = {"fraction": held, "seed": seed}
    done = split_samples(samples, split)
    assert sorted(s.id for s in done) == sorted(s.id for s in samples)
    assert not divided_groups(done)
    before = {s.id: s.group for s in samples}
    for key in (lambda s: s.image, lambda s: before[s.id] or s.id):
        splits = {}
        for s in done:
            assert splits.setdefault(key(s), s.split) == s.split
    # No class that was there is lost from train.
    in_train = {label for s in done if s.split == "train" for label in s.labels}
    assert in_train == {label for s in samples for label in s.labels}
    assert any(s.split == "train" for s in done)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=80), FRACTIONS, st.integers(0, 99))
def test_images_alone_are_drawn_in_proportion(labels, fraction, seed):
    samples = [sample(n, label) for n, label in enumerate(labels)]
    done = split_samples(samples, {"method": "grouped", "seed": seed, "fraction": fraction})
    drawn = Counter(s.labels[0] for s in done if s.split == "val")
    for label, total in Counter(labels).items():
        assert drawn[label] <= total - 1
        assert drawn[label] >= min(1, total - 1)
        assert abs(drawn[label] - fraction * total) < 1


def test_lesions_of_a_dermatoscope_are_drawn_in_proportion():
    """Counts as in HAM10000: 10,015 images of 7,470 lesions in seven classes."""
    counts = (327, 514, 1099, 115, 1113, 6705, 142)
    random = np.random.RandomState(0)
    samples, lesion = [], 0
    for label, count in enumerate(counts):
        left = count
        while left:
            size = min(left, int(random.choice([1, 1, 1, 2, 2, 3])))
            lesion += 1
            samples += [sample(len(samples) + n, label, f"HAM_{lesion}") for n in range(size)]
            left -= size
    done = split_samples(samples, {"method": "grouped", "seed": 1, "fraction": 0.2})
    drawn = Counter(s.labels[0] for s in done if s.split == "val")
    for label, count in enumerate(counts):
        # Half of the largest lesion.
        assert abs(drawn[label] - 0.2 * count) <= 1.5
    again = split_samples(samples, {"method": "grouped", "seed": 1, "fraction": 0.2})
    other = split_samples(samples, {"method": "grouped", "seed": 2, "fraction": 0.2})
    assert done == again != other


def test_groups_join_over_equal_pixels_and_shared_images():
    samples = [
        sample(0, 0, "a"),
        sample(1, 0, "b"),
        sample(2, 0, "c"),
        sample(3, 0),
        sample(4, 0, "d", image=3),
        sample(5, 0, "i3"),
    ]
    digests = {samples[1].image: "same", samples[2].image: "same"}
    joined = [s.group for s in join_groups(samples, digests)]
    # An image of two rows joins their groups; an id that is called like a group does not.
    assert joined == ["a", "b", "b", "i3", "i3", "i3_"]
