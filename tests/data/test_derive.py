"""Derived datasets: other training images of a prepared dataset, read as if they were stored."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from prepared_dataset import SIZE, write_dataset
from training_process import Training

from transfer.data.dataset import Dataset, dataset_of, read_datasets
from transfer.data.derive import derive_dataset
from transfer.data.digest import prepared_digest
from transfer.data.sampled_rows import drawn_rows, listed_rows
from transfer.data.store import find_any_store, find_store, open_dataset
from transfer.errors import UserError
from transfer.fid.images import images_of_dataset
from transfer.training.batches import ResidentPixels, frame_size, gather

CPU = torch.device("cpu")
TRAIN = 40
# With repeats, and in no order.
ROWS = [7, 3, 3, 39, 0, 7, 7]
DATASETS = """
squares:
  {name: Squares, short_name: Squares, metric: accuracy, multilabel: false,
   citation: nobody, source: {homepage: "https://example.org", kind: by_hand, files: [{name: a}]},
   layout: {kind: folders}, split: {method: listed}, short_side: original, evaluation_sizes: [32]}
few: {name: Few squares, short_name: Few, like: squares, sample: {rows: sample.csv}}
"""


@pytest.fixture
def squares(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "squares")


def derived(squares: Path, lines: list, column: str = "row", **sample: object) -> Path:
    """The folder of a dataset derived from `squares`, by default by a list of its rows."""
    path = squares.parent / "sample.csv"
    path.write_text("\n".join([column, *map(str, lines)]) + "\n")
    derive_dataset(few(sample or {"rows": str(path)}), squares, squares.parent / "few")
    return squares.parent / "few"


def few(sample: dict) -> Dataset:
    block = {
        "name": "Few",
        "short_name": "Few",
        "metric": "accuracy",
        "multilabel": False,
        "citation": "",
        "layout": {"kind": "folders"},
        "source": {"homepage": "", "kind": "by_hand", "files": []},
        "split": {},
        "short_side": "original",
        "evaluation_sizes": [SIZE],
    }
    return dataset_of("few", {**block, "like": "squares", "sample": sample})


def test_every_image_is_the_others_byte_for_byte(squares: Path) -> None:
    folder = derived(squares, ROWS)
    other, own = open_dataset(squares, "original"), open_dataset(folder, "original")
    rows = [*ROWS, *range(TRAIN, 82)]
    assert len(own.ids) == len(rows) and list(own.ids) == list(other.ids[rows])
    for position, row in enumerate(rows):
        assert np.array_equal(own.image(position), other.image(row))
        assert own.labels[position] == other.labels[row]
        assert own.splits[position] == other.splits[row]
    assert np.array_equal(own.sizes, other.sizes[rows])
    for split in ("val", "test"):
        assert np.array_equal(
            own.evaluation_images(SIZE, split), other.evaluation_images(SIZE, split)
        )
    assert find_any_store(folder) == find_store(folder) == "original"


def test_no_pixel_is_copied(squares: Path) -> None:
    folder = derived(squares, ROWS)
    assert {path.name for path in folder.iterdir()} == {"index.csv", "summary.json", "rows.npy"}
    assert sum(path.stat().st_size for path in folder.iterdir()) < 10_000


def test_by_id_it_is_the_same_as_by_row(squares: Path) -> None:
    ids = open_dataset(squares, "original").ids
    by_row = {p.name: p.read_bytes() for p in derived(squares, ROWS).iterdir()}
    by_id = {p.name: p.read_bytes() for p in derived(squares, list(ids[ROWS]), "id").iterdir()}
    assert by_row == by_id


def test_training_reads_repeats_from_the_host_and_from_the_device(squares: Path) -> None:
    folder = derived(squares, ROWS)
    own = open_dataset(folder, "original")
    other = open_dataset(squares, "original")
    rows = own.rows("train")
    assert len(rows) == len(ROWS)
    expected = gather(other, np.array(ROWS), CPU)
    size = frame_size(own.sizes[rows])
    assert size == frame_size(other.sizes[ROWS])
    host = gather(own, rows, CPU)
    resident = ResidentPixels(own, rows, CPU).gather(torch.from_numpy(rows), *size)
    for n, (height, width) in enumerate(own.sizes[rows]):
        for frames in (host, resident):
            assert torch.equal(frames[n, :height, :width], expected[n, :height, :width])


def copied(folder: Path, target: Path) -> Path:
    """A derived dataset as it would be with its images in a store of its own."""
    own = open_dataset(folder, "original")
    images = [own.image(row) for row in range(len(own.ids))]
    (target / "store_original").mkdir(parents=True)
    (target / "store_original/images.bin").write_bytes(b"".join(map(np.ndarray.tobytes, images)))
    np.save(target / "store_original/offsets.npy", np.cumsum([0, *(i.size for i in images)]))
    np.save(target / "store_original/sizes.npy", own.sizes)
    shutil.copytree(folder.parent / "squares/evaluation", target / "evaluation")
    shutil.copy(folder / "index.csv", target)
    (target / "summary.json").write_text(json.dumps({**own.summary, "like": None}))
    return target


def test_a_run_on_it_is_the_run_on_a_copy_bit_for_bit(squares: Path, tmp_path: Path) -> None:
    folder = derived(squares, [*ROWS, *range(20), *ROWS])
    runs = [
        Training(data, tmp_path / f"run{n}", recipe="shorter")
        for n, data in enumerate([folder, copied(folder, tmp_path / "copy")])
    ]
    first, second = ((run.result(), run.predictions()) for run in runs)
    assert first[1] == second[1]
    assert first[0]["images_per_epoch"] == 34
    assert first[0]["history"] == second[0]["history"]


def test_distances_see_the_images_as_often_as_they_are_sampled(squares: Path) -> None:
    other = open_dataset(squares, "original")
    first = images_of_dataset(open_dataset(derived(squares, ROWS), "original"), "train")
    assert len(first) == len(ROWS)
    for position, row in enumerate(ROWS):
        assert np.array_equal(first.image(position), other.image(row))
    identity = first.identity()
    again = images_of_dataset(open_dataset(derived(squares, ROWS[::-1]), "original"), "train")
    assert again.identity() != identity


def test_the_summary_counts_what_was_sampled(squares: Path) -> None:
    summary = json.loads((derived(squares, ROWS) / "summary.json").read_text())
    assert summary["counts"] == {"train": 7, "val": 24, "test": 18}
    assert summary["distinct_images"]["train"] == 4
    # Class row % 3: 7, 7, 7 are of class 1; 3, 3, 39, 0 of class 0.
    assert summary["class_counts"]["train"] == [4, 3, 0]
    other = json.loads((squares / "summary.json").read_text())
    assert summary["like"] == {"dataset": "squares", "content": other["content"]}
    assert summary["metric"] == other["metric"] and summary["classes"] == other["classes"]


def test_equal_images_across_splits_count_as_often_as_they_are_sampled(squares: Path) -> None:
    (squares / "leakage.csv").write_text(
        "content,id,split\na,image003,train\na,image040,val\nb,image005,train\nb,image041,val\n"
    )
    summary = json.loads((derived(squares, ROWS) / "summary.json").read_text())
    # Row 3 twice in train and once in val; row 5 is not sampled.
    assert summary["leakage"]["identical_images_across_splits"] == 1
    assert summary["leakage"]["rows_concerned"] == 3


def test_the_digest_changes_with_the_sample_and_with_the_others_pixels(squares: Path) -> None:
    digests = [prepared_digest(derived(squares, rows)) for rows in (ROWS, ROWS, ROWS[:-1])]
    assert digests[0] == digests[1] != digests[2]
    digests.append(prepared_digest(derived(squares, [*ROWS[:-1], 4])))
    write_dataset(squares, seed=1)
    digests.append(prepared_digest(derived(squares, ROWS)))
    assert len(set(digests)) == 4


def test_of_images_that_were_prepared_again_it_is_refused(squares: Path) -> None:
    folder = derived(squares, ROWS)
    write_dataset(squares, seed=1)
    with pytest.raises(UserError, match=r"few: .* other images than .*squares holds.*--forcerun"):
        open_dataset(folder, "original")


def test_an_index_that_was_edited_is_refused(squares: Path) -> None:
    folder = derived(squares, ROWS)
    index = pd.read_csv(folder / "index.csv")
    index.loc[0, "id"] = "another"
    index.to_csv(folder / "index.csv", index=False)
    with pytest.raises(UserError, match=r"rows\.npy does not lead to the rows of index\.csv"):
        open_dataset(folder, "original")


@pytest.mark.parametrize(
    ("column", "lines", "says"),
    [
        ("row", [3, 82], r"line 3: row '82': squares has rows 0 to 81"),
        ("row", [-1], r"line 2: row '-1': squares has rows 0 to 81"),
        ("row", ["1.5"], r"line 2: row '1.5'"),
        ("row", [40], r"line 2: row '40': a val image of squares; only its training images"),
        ("id", ["image003", "nobody"], r"line 3: id 'nobody': squares has no such image"),
        ("id", ["image081"], r"line 2: id 'image081': a test image"),
        ("number", [1], r"needs a column 'row' or 'id'; it has number"),
        ("row,id", ["1,image001"], r"needs a column 'row' or 'id'"),
        ("row", [], r"lists no image"),
    ],
)
def test_a_row_that_there_is_not_is_refused_by_name(
    squares: Path, column: str, lines: list, says: str
) -> None:
    with pytest.raises(UserError, match=rf"sample\.csv: {says}"):
        derived(squares, lines, column)
    assert not (squares.parent / "few").exists()
    assert not list(squares.parent.glob(".*"))


def test_an_id_of_several_rows_asks_for_rows(squares: Path) -> None:
    index = squares / "index.csv"
    index.write_text(index.read_text().replace("image004,", "image003,"))
    with pytest.raises(UserError, match=r"id 'image003': 2 rows of squares share it; use .* 'row'"):
        derived(squares, ["image003"], "id")
    assert len(open_dataset(derived(squares, [3, 4]), "original").rows("train")) == 2


def test_a_sample_that_is_not_there(squares: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.csv: no such file"):
        listed_rows(squares / "nowhere.csv", open_dataset(squares, "original"))


def test_by_weight_a_class_comes_as_often_as_it_weighs(squares: Path) -> None:
    other = open_dataset(squares, "original")
    path = squares.parent / "weights.csv"
    # Classes 0, 1 and 2 have 14, 13 and 13 training images.
    path.write_text("class,weight\nclass0,3\nclass2,1\n")
    rows = drawn_rows(path, 20_000, 0, other)
    assert set(rows) == {row for row in range(TRAIN) if row % 3 != 1}
    share = (rows % 3 == 0).mean()
    expected = 3 * 14 / (3 * 14 + 13)
    assert abs(share - expected) < 5 * (expected * (1 - expected) / 20_000) ** 0.5
    assert np.array_equal(rows, drawn_rows(path, 20_000, 0, other))
    assert not np.array_equal(rows, drawn_rows(path, 20_000, 1, other))
    folder = derived(squares, [], weights=str(path), size=30, seed=0)
    assert np.array_equal(np.load(folder / "rows.npy")[:30], drawn_rows(path, 30, 0, other))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            "class,weight\nclass0,1\nclass9,1\n",
            r"line 3: class 'class9': squares has no such class",
        ),
        ("class,weight\nclass0,-1\n", r"line 2: class 'class0': weight '-1' is not a number"),
        ("class,weight\nclass0,nan\n", r"weight 'nan' is not a number of at least 0"),
        ("class,weight\nclass0,0\n", r"no class has a weight above 0"),
        ("class,share\nclass0,1\n", r"needs the columns 'class' and 'weight'"),
    ],
)
def test_a_weight_that_means_nothing_is_refused(squares: Path, lines: str, says: str) -> None:
    path = squares.parent / "weights.csv"
    path.write_text(lines)
    with pytest.raises(UserError, match=rf"weights\.csv: .*{says}|{says}"):
        drawn_rows(path, 10, 0, open_dataset(squares, "original"))


def test_a_class_without_training_images_cannot_be_drawn(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "squares", counts=(("train", 2), ("val", 6)))
    path = tmp_path / "weights.csv"
    path.write_text("class,weight\nclass2,1\n")
    with pytest.raises(UserError, match=r"class 'class2': has weight 1 and no training image"):
        drawn_rows(path, 10, 0, open_dataset(folder, "original"))


def test_in_the_table_it_shares_all_but_its_names_and_sample(tmp_path: Path) -> None:
    path = tmp_path / "datasets.yaml"
    path.write_text(DATASETS)
    squares, few = read_datasets(path).values()
    assert (few.like, few.sample, few.images_of) == ("squares", {"rows": "sample.csv"}, "squares")
    assert (few.id, few.name, few.demo) == ("few", "Few squares", False)
    assert few.files == () and squares.files and squares.images_of == "squares"
    same = ("metric", "multilabel", "layout", "split", "short_sides", "evaluation_sizes")
    assert all(getattr(few, key) == getattr(squares, key) for key in same)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("like: squares", "like: sqares", r"few\.like: no dataset 'sqares' \(did you mean"),
        ("like: squares", "like: few", r"few\.like: 'few' has no images of its own"),
        ("sample: {rows", "sample: {row", r"few\.sample: .*'row'"),
        ("rows: sample.csv", "weights: w.csv, size: 9", r"few\.sample: missing 'seed'"),
        ("like: squares,", "like: squares, metric: roc_auc,", r"few: unknown key 'metric'"),
    ],
)
def test_a_mistaken_one_is_refused_by_its_key(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    path = tmp_path / "datasets.yaml"
    path.write_text(DATASETS.replace(old, new))
    with pytest.raises(UserError, match=says):
        read_datasets(path)["few"]
