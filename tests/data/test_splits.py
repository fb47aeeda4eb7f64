"""Splits compared with a direct implementation of the authors' procedure, on real label counts."""

from collections import Counter

import numpy as np
import pytest
from stand_ins import APTOS_COUNTS, CASSAVA_COUNTS, EUROSAT_COUNTS, shuffled_labels

from transfer.data.arrays import ArrayImage
from transfer.data.samples import Sample
from transfer.data.splits import split_samples
from transfer.errors import UserError


def samples_of(labels, **fields):
    return [
        Sample(f"image{n}", (label,), ArrayImage(f"image{n}", "", n), **fields)  # type: ignore[arg-type]
        for n, label in enumerate(labels)
    ]


def ids(samples, split):
    return {sample.id for sample in samples if sample.split == split}


def authors_validation(labels, seed, classes):
    """The loop of the authors' code, on numpy's global generator."""
    np.random.seed(seed)
    validation = []
    for i in range(classes):
        rows = [row for row, label in enumerate(labels) if label == i]
        validation.extend(np.random.choice(rows, int(0.2 * len(rows)), replace=False).tolist())
    return {f"image{row}" for row in validation}


@pytest.mark.parametrize(
    ("counts", "seed", "sizes"),
    [
        (APTOS_COUNTS, 414, (2931, 731)),
        (CASSAVA_COUNTS, 414, (17120, 4277)),
        (tuple(EUROSAT_COUNTS.values()), 42, (21600, 5400)),
    ],
    ids=["aptos", "cassava", "eurosat"],
)
def test_per_class_draws_the_authors_images(counts, seed, sizes):
    labels = shuffled_labels(counts)
    done = split_samples(samples_of(labels), {"method": "per_class", "seed": seed, "fraction": 0.2})
    assert ids(done, "val") == authors_validation(labels, seed, len(counts))
    assert (len(ids(done, "train")), len(ids(done, "val"))) == sizes


@pytest.mark.parametrize(
    ("counts", "sizes"), [(APTOS_COUNTS, (2930, 732)), (CASSAVA_COUNTS, (17118, 4279))]
)
def test_largest_remainder_gives_the_sizes_that_the_paper_prints(counts, sizes):
    done = split_samples(
        samples_of(shuffled_labels(counts)),
        {"method": "per_class", "seed": 414, "fraction": 0.2, "rounding": "largest_remainder"},
    )
    assert (len(ids(done, "train")), len(ids(done, "val"))) == sizes


def test_a_draw_leaves_numpys_global_generator_alone():
    np.random.seed(7)
    expected = np.random.random()
    np.random.seed(7)
    options = {"method": "per_class", "seed": 414, "fraction": 0.2}
    split_samples(samples_of(shuffled_labels((50, 50))), options)
    assert np.random.random() == expected


def melanoma_samples():
    random = np.random.default_rng(0)
    tables = {"new.zip": [*range(15), -1] * 20, "old.zip": [*range(30), -1] * 20}
    samples = []
    for name, numbers in tables.items():
        random.shuffle(numbers)
        samples += [
            Sample(f"{name}{n}", (0,), ArrayImage(f"{name}{n}", "", n), fold=(name, fold))  # type: ignore[arg-type]
            for n, fold in enumerate(numbers)
        ]
    return samples


def test_folds_are_those_of_the_authors():
    samples = melanoma_samples()
    done = split_samples(samples, {"method": "folds", "seed": 23, "fraction": 0.8})
    np.random.seed(23)
    expected = set()
    for name in ("new.zip", "old.zip"):
        folds = set(np.array([s.fold[1] for s in samples if s.fold[0] == name]))
        folds = [fold for fold in folds if fold >= 0]
        train = np.random.choice(folds, size=int(0.8 * len(folds)), replace=False).tolist()
        expected |= {s.id for s in samples if s.fold[0] == name and s.fold[1] in train}
    assert ids(done, "train") == expected
    assert all(sample.fold[1] >= 0 for sample in done)
    held = {name: {s.fold[1] for s in done if s.split == "val" and s.fold[0] == name}
            for name in ("new.zip", "old.zip")}  # fmt: skip
    assert held == {"new.zip": {3, 6, 8}, "old.zip": {0, 2, 5, 11, 12, 21}}


def test_a_count_per_class():
    options = {"method": "per_class_count", "seed": 0, "count": 30}
    done = split_samples(samples_of(shuffled_labels((31, 80, 45))), options)
    assert Counter(s.labels[0] for s in done if s.split == "train") == {0: 30, 1: 30, 2: 30}
    assert len(ids(done, "test")) == 1 + 50 + 15
    with pytest.raises(UserError, match="class 0 has 30 images"):
        split_samples(samples_of([0] * 30), options)


def test_a_missing_split_is_named():
    with pytest.raises(UserError, match="image0: its split is 'None'"):
        split_samples(samples_of([0, 1]), {"method": "listed"})


def test_rows_are_ordered_by_split_and_keep_the_source_order():
    options = {"method": "per_class", "seed": 1, "fraction": 0.5}
    done = split_samples(samples_of(shuffled_labels((20, 20))), options)
    splits = [sample.split for sample in done]
    assert splits == sorted(splits)
    train = [int(s.id.removeprefix("image")) for s in done if s.split == "train"]
    assert train == sorted(train)


def test_holdout_is_carved_from_train_alone():
    labels = shuffled_labels((200, 50, 2))
    plain = split_samples(samples_of(labels), {"method": "per_class", "seed": 1, "fraction": 0.2})
    carved = split_samples(
        samples_of(labels),
        {"method": "per_class", "seed": 1, "fraction": 0.2, "holdout": {"fraction": 0.1}},
    )
    assert ids(carved, "test") == ids(plain, "val")
    assert ids(carved, "val") | ids(carved, "train") == ids(plain, "train")
    assert Counter(s.labels[0] for s in carved if s.split == "val") == {0: 16, 1: 4, 2: 1}


def test_holdout_drops_evaluation_images_that_are_not_reported():
    parts = [samples_of([0, 1] * 10, split=split) for split in ("train", "val", "test")]
    samples = [
        Sample(f"{n}{s.id}", s.labels, ArrayImage(f"{n}{s.id}", "", 0), s.split)  # type: ignore[arg-type]
        for n, part in enumerate(parts)
        for s in part
    ]
    options = {"method": "listed", "holdout": {"fraction": 0.2}}
    done = split_samples(samples, options)
    assert ids(done, "test") == {f"2image{n}" for n in range(20)}
    assert all(sample.id[0] == "0" for sample in done if sample.split == "val")
    assert len(ids(done, "val")) == 4


def test_holdout_keeps_rows_of_one_image_together():
    image = [ArrayImage(f"{n // 2}", "", 0) for n in range(80)]  # type: ignore[arg-type]
    samples = [Sample(f"{n // 2}", (0,), image[n], "train") for n in range(80)]
    samples.append(Sample("t", (0,), ArrayImage("t", "", 0), "test"))  # type: ignore[arg-type]
    options = {"method": "listed", "holdout": {"fraction": 0.25}}
    done = split_samples(samples, options)
    assert len(ids(done, "val")) == 10
    assert not ids(done, "val") & ids(done, "train")
