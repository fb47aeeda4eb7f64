"""Stores, evaluation images and summary; unreadable images and killed processes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import stand_ins
from PIL import Image
from processes import running
from stand_in_tables import a_dataset

from transfer.data import prepare
from transfer.data.digest import prepared_digest
from transfer.data.preparation import decode_samples
from transfer.data.prepare import prepare_dataset
from transfer.data.store import open_dataset
from transfer.errors import UserError

ROOT = Path(__file__).parents[2]


def block(path, **changes):
    return {
        "name": "Own", "short_name": "Own", "metric": "accuracy",
        "multilabel": False, "layout": {"kind": "csv", "path": str(path), "split": "split"},
        "split": {"method": "listed"}, "allow": ["absent_classes", "conflicting_labels"],
        "short_side": 32, "evaluation_sizes": [24, 16], **changes,
    }  # fmt: skip


def own_images(folder, images, splits=None):
    """A folder of image files (name -> bytes) with its table; labels alternate."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = splits or ["train", "val", "test"]
    rows = []
    for n, (name, data) in enumerate(images.items()):
        (folder / name).write_bytes(data)
        rows.append([name, "ab"[n % 2], splits[n % len(splits)]])
    (folder / "own.csv").write_text(stand_ins.table(["path", "label", "split"], rows))
    return folder / "own.csv"


def photographs(n, width=60, height=45):
    return {f"i{k:03d}.png": stand_ins.png(k, width + k % 5, height) for k in range(n)}


def files_of(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_stores_and_evaluation_images_follow_the_index(tmp_path):
    images = photographs(70)
    path = own_images(tmp_path / "in", images)
    chosen = block(path, short_side=[32, "original"])
    prepare_dataset(a_dataset("own", chosen), tmp_path, tmp_path / "out", workers=2)
    small, full = (open_dataset(tmp_path / "out", side) for side in (32, "original"))
    assert sorted(small.ids) == sorted(name[:-4] for name in images)
    for row, name in enumerate(small.ids):
        original = Image.open(tmp_path / "in" / f"{name}.png")
        np.testing.assert_array_equal(full.image(row), np.asarray(original))
        size = (round(original.width * 32 / 45), 32)
        shrunk = original.resize(size, Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(small.image(row), np.asarray(shrunk))
    for split in ("val", "test"):
        assert small.evaluation_images(24, split).shape == (len(small.rows(split)), 24, 24, 3)
    assert small.evaluation_images(16, "train").shape[0] == 0


def test_the_number_of_workers_changes_nothing(tmp_path):
    path = own_images(tmp_path / "in", photographs(80))
    for workers in (1, 3):
        prepare_dataset(
            a_dataset("own", block(path)), tmp_path, tmp_path / str(workers), workers=workers
        )
    assert files_of(tmp_path / "1") == files_of(tmp_path / "3")


def test_the_summary_tells_one_pixel_from_another(tmp_path):
    """What stands for the data in every run's record; the index does not change with pixels."""
    images = photographs(6)
    path = own_images(tmp_path / "in", images)
    first = prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    again = prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=2)
    assert first == again
    index = (tmp_path / "out/index.csv").read_bytes()
    own_images(tmp_path / "in", images | {"i001.png": stand_ins.png(99, 61, 45)})
    other = prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    assert (tmp_path / "out/index.csv").read_bytes() == index
    assert other["content"] != first["content"]


def test_a_dataset_is_identified_by_what_training_uses(tmp_path):
    path = own_images(tmp_path / "in", photographs(6))
    prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    summary_path = tmp_path / "out/summary.json"
    summary = json.loads(summary_path.read_text())
    digest = prepared_digest(tmp_path / "out")
    for key in ("content", "metric", "classes"):
        summary_path.write_text(json.dumps(summary | {key: ["another"]}))
        assert prepared_digest(tmp_path / "out") != digest
    # Another version of Pillow that makes the same pixels is no other dataset.
    summary_path.write_text(json.dumps(summary | {"versions": {}, "name": "Renamed"}))
    assert prepared_digest(tmp_path / "out") == digest
    index = tmp_path / "out/index.csv"
    index.write_text(index.read_text().replace(",val\n", ",test\n", 1))
    assert prepared_digest(tmp_path / "out") != digest
    index.unlink()
    with pytest.raises(UserError, match=r"index\.csv: the dataset is not prepared"):
        prepared_digest(tmp_path / "out")


def test_channels_can_be_swapped(tmp_path):
    path = own_images(tmp_path / "in", photographs(3))
    for order in ("rgb", "bgr"):
        layout = {**block(path)["layout"], "channel_order": order}
        changed = block(path, layout=layout)
        prepare_dataset(a_dataset("own", changed), tmp_path, tmp_path / order, workers=1)
    rgb, bgr = (open_dataset(tmp_path / order, 32) for order in ("rgb", "bgr"))
    np.testing.assert_array_equal(rgb.image(0)[..., ::-1], bgr.image(0))
    np.testing.assert_array_equal(
        rgb.evaluation_images(24, "val")[..., ::-1], bgr.evaluation_images(24, "val")
    )


def test_all_bad_images_are_named_at_once_and_nothing_is_left(tmp_path):
    images = photographs(40)
    images["i003.png"] = images["i003.png"][:-100]
    images["i017.png"] = b"not an image"
    path = own_images(tmp_path / "in", images)
    (tmp_path / "in" / "i025.png").unlink()
    with pytest.raises(UserError) as caught:
        prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=2)
    message = str(caught.value)
    assert message.startswith("own: 3 of its images")
    assert all(f"i{n}.png" in message for n in ("003", "017", "025"))
    assert "i004" not in message
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in"]


def test_bad_images_can_be_skipped_and_are_recorded(tmp_path):
    images = photographs(40)
    good = {name: data for name, data in images.items() if name != "i004.png"}
    images["i004.png"] = b"not an image"
    path = own_images(tmp_path / "in", images)
    prepare_dataset(
        a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=2, on_bad_image="skip"
    )
    data = open_dataset(tmp_path / "out", 32)
    assert set(data.ids) == {name[:-4] for name in good}
    (record,) = data.summary["bad_images"]
    assert record["id"] == "i004" and record["file"] == "i004.png" and record["problem"]
    for split in ("val", "test"):
        for number, row in enumerate(data.rows(split)):
            original = Image.open(tmp_path / "in" / f"{data.ids[row]}.png")
            scaled = original.resize((int(24 * original.width / 45), 24), Image.Resampling.BILINEAR)
            left = round((scaled.width - 24) / 2)
            expected = np.asarray(scaled)[:, left : left + 24]
            np.testing.assert_array_equal(data.evaluation_images(24, split)[number], expected)


def test_an_image_in_several_rows_is_decoded_once_and_stands_in_each(tmp_path):
    folder = tmp_path / "in"
    own_images(folder, photographs(40))
    # Twice beside each other, again after the end of its run, and in another split.
    rows = [[f"i{n:03d}.png", "a", "train"] for n in (0, 0, *range(1, 40), 0)]
    rows += [["i001.png", "b", "val"], ["i000.png", "b", "test"], ["i000.png", "b", "test"]]
    (folder / "own.csv").write_text(stand_ins.table(["path", "label", "split"], rows))
    summary = prepare_dataset(
        a_dataset("own", block(folder / "own.csv")), tmp_path, tmp_path / "out", workers=2
    )
    data = open_dataset(tmp_path / "out", 32)
    assert data.ids.tolist() == [row[0][:-4] for row in rows]
    for row in np.flatnonzero(data.ids == "i000"):
        np.testing.assert_array_equal(data.image(row), data.image(0))
    made = data.evaluation_images(24, "test")
    np.testing.assert_array_equal(made[0], made[1])
    assert summary["counts"] == {"train": 42, "val": 1, "test": 2}
    assert summary["distinct_images"] == {"train": 40, "val": 1, "test": 1}
    assert summary["leakage"]["identical_images_across_splits"] == 2
    assert summary["leakage"]["rows_concerned"] == 3 + 2 + 1 + 1


def test_identical_pixels_across_splits_are_found_whatever_the_file(tmp_path):
    images = photographs(9)
    image = stand_ins.photograph(0, 60, 45)
    images["copy.bmp"] = stand_ins.encoded(image, "BMP")
    path = own_images(tmp_path / "in", images, ["train"] * 9 + ["test"])
    summary = prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    assert summary["leakage"]["listed"] == [
        [{"id": "i000", "split": "train"}, {"id": "copy", "split": "test"}]
    ]
    assert "i000" in (tmp_path / "out" / "leakage.csv").read_text()


def test_preparing_again_replaces_all_and_leaves_other_files(tmp_path):
    path = own_images(tmp_path / "in", photographs(12))
    out = tmp_path / "out"
    prepare_dataset(a_dataset("own", block(path, short_side=[32, 16])), tmp_path, out, workers=1)
    (out / "downloads").mkdir()
    (out / "downloads" / "record.json").write_text("{}")
    prepare_dataset(a_dataset("own", block(path, evaluation_sizes=[24])), tmp_path, out, workers=1)
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == [
        "decoded.json", "downloads/record.json", "evaluation/24.npy", "index.csv",
        "store_32/images.bin", "store_32/offsets.npy", "store_32/sizes.npy", "summary.json",
    ]  # fmt: skip


def changed_metric(folder):
    return {"metric": "macro_f1"}


def changed_labels(folder):
    table = folder / "own.csv"
    table.write_text(table.read_text().replace(",a,", ",z,"))
    return {"note": "Another name"}


def changed_image(folder):
    (folder / "i003.png").write_bytes(stand_ins.png(77, 60, 45))
    return {}


def changed_split(folder):
    table = folder / "own.csv"
    table.write_text(table.read_text().replace("i003.png,b,train", "i003.png,b,val"))
    return {}


def changed_side(folder):
    return {"short_side": 16}


@pytest.mark.parametrize(
    ("change", "decodes"),
    [
        *((changed_metric, False), (changed_labels, False), (changed_image, True)),
        *((changed_split, True), (changed_side, True)),
    ],
)
def test_only_what_pixels_depend_on_decodes_them_again(tmp_path, monkeypatch, change, decodes):
    path, out = own_images(tmp_path / "in", photographs(12)), tmp_path / "out"
    prepare_dataset(a_dataset("own", block(path)), tmp_path / "in", out, workers=1)
    made = open_dataset(out, 32).made_ns
    changes = change(tmp_path / "in")
    decoded = []

    def spied(*arguments):
        decoded.append(arguments)
        return decode_samples(*arguments)

    monkeypatch.setattr(prepare, "decode_samples", spied)
    dataset = a_dataset("own", block(path, **changes))
    summary = prepare_dataset(dataset, tmp_path / "in", out, workers=1)
    assert bool(decoded) == decodes
    # As if it had been prepared for the first time, whatever was kept.
    fresh = prepare_dataset(dataset, tmp_path / "in", tmp_path / "fresh", workers=1)
    assert summary == fresh
    kept, new = files_of(out), files_of(tmp_path / "fresh")
    assert kept == new
    assert (made == open_dataset(out, dataset.short_sides[0]).made_ns) != decodes


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("kind", "times"), [("png", 1), ("bmp", 2)])
def test_equal_files_are_in_one_group_before_anything_is_decoded(
    tmp_path, monkeypatch, kind, times, packed
):
    pictures = {
        f"{name}/{n}": stand_ins.photograph(n + offset, 40, 36)
        for offset, name in ((0, "cat"), (100, "dog"))
        for n in range(20)
    }
    files = {f"{name}a.png": stand_ins.encoded(image, "PNG") for name, image in pictures.items()}
    # The same again, byte by byte or in another format.
    files |= {f"{name}b.{kind}": stand_ins.encoded(i, kind) for name, i in pictures.items()}
    source = tmp_path / "in"
    if packed:
        stand_ins.write_zip(source / "own.zip", files)
    else:
        for name, data in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
    decoded = []

    def spied(*arguments):
        decoded.append(arguments)
        return decode_samples(*arguments)

    monkeypatch.setattr(prepare, "decode_samples", spied)
    layout = {"kind": "folders"} | ({} if packed else {"path": str(source)})
    split = {"method": "grouped", "seed": 0, "fraction": 0.3}
    dataset = a_dataset("own", layout=layout, split=split)
    for _ in range(2):
        summary = prepare_dataset(dataset, source, tmp_path / "out", workers=1)
        assert summary["counts"] == {"train": 56, "val": 24}
        assert summary["leakage"]["identical_images_across_splits"] == 0
        assert len(decoded) == times


def test_a_damaged_store_is_decoded_again(tmp_path):
    path, out = own_images(tmp_path / "in", photographs(12)), tmp_path / "out"
    prepare_dataset(a_dataset("own", block(path)), tmp_path / "in", out, workers=1)
    images = out / "store_32" / "images.bin"
    whole = images.read_bytes()
    images.write_bytes(whole[:-1])
    prepare_dataset(a_dataset("own", block(path)), tmp_path / "in", out, workers=1)
    assert images.read_bytes() == whole


def test_a_failure_keeps_the_former_preparation(tmp_path):
    images = photographs(6)
    path = own_images(tmp_path / "in", images)
    prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    before = files_of(tmp_path / "out")
    (tmp_path / "in" / "i002.png").write_bytes(b"damaged")
    with pytest.raises(UserError):
        prepare_dataset(a_dataset("own", block(path)), tmp_path, tmp_path / "out", workers=1)
    assert files_of(tmp_path / "out") == before


KILLED = """
import sys
sys.path[:0] = {paths!r}
if __name__ == "__main__":
    from pathlib import Path
    from stand_in_tables import a_dataset
    from transfer.data.prepare import prepare_dataset
    block = {block!r}
    out = Path({out!r})
    prepare_dataset(a_dataset("own", block), out.parent, out, workers=2)
"""


def test_killed_in_the_middle_it_starts_over_cleanly(tmp_path):
    some = [stand_ins.jpeg(k, 700, 500) for k in range(3)]
    images = {f"i{k:04d}.jpg": some[k % 3] for k in range(600)}
    path = own_images(tmp_path / "in", images)
    chosen = block(path, short_side="original", evaluation_sizes=[256])
    out = tmp_path / "out"
    script = tmp_path / "prepare.py"
    script.write_text(
        KILLED.format(
            paths=[str(ROOT / "scripts"), str(ROOT / "tests/support")], block=chosen, out=str(out)
        )
    )
    process = subprocess.Popen([sys.executable, script], start_new_session=True)
    store = tmp_path / ".out.preparing" / "dataset" / "store_original" / "images.bin"
    try:
        deadline = time.monotonic() + 120
        while not (store.exists() and store.stat().st_size):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        children = psutil.Process(process.pid).children()
        assert process.poll() is None and children, "finished before it could be killed"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not (out / "index.csv").exists()
        # Workers leave with their parent.
        while any(running(child) for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        if process.poll() is None:
            process.kill()
    (tmp_path / ".out.preparing" / "stale").write_text("left behind")
    few = own_images(tmp_path / "few", dict(list(images.items())[:20]))
    prepare_dataset(a_dataset("own", block(few)), tmp_path, out, workers=2)
    assert len(open_dataset(out, 32).ids) == 20
    assert not (tmp_path / ".out.preparing").exists()


def class_folders(folder, *paths):
    for number, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(stand_ins.png(number, 40, 40))
    return {"kind": "folders", "path": str(folder)}


def test_folders_that_are_splits_already_are_not_mixed(tmp_path):
    names = ("train/a/1.png", "train/b/2.png", "test/a/3.png", "test/b/4.png")
    layout = class_folders(tmp_path / "in", *names)
    drawn = block("", layout=layout, split={"method": "per_class", "seed": 0, "fraction": 0.5})
    with pytest.raises(UserError, match=r"splits already \(test, train\).*method: listed"):
        prepare_dataset(a_dataset("own", drawn), tmp_path, tmp_path / "out", workers=1)
    listed = block("", layout=layout, split={"method": "listed"})
    summary = prepare_dataset(a_dataset("own", listed), tmp_path, tmp_path / "out", workers=1)
    assert summary["counts"] == {"train": 2, "test": 2}


def test_a_split_that_leaves_nothing_to_evaluate_is_refused(tmp_path):
    layout = class_folders(tmp_path / "in", "a/1.png", "b/2.png", "b/3.png", "b/4.png")
    few = block("", layout=layout, split={"method": "per_class", "seed": 0, "fraction": 0.2})
    with pytest.raises(UserError, match="of its 4 images leaves 4 for training and 0 for evalu"):
        prepare_dataset(a_dataset("own", few), tmp_path, tmp_path / "out", workers=1)


def test_holdout_moves_the_reported_split_to_test(tmp_path):
    path = own_images(tmp_path / "in", photographs(60), ["train", "train", "val"])
    chosen = block(
        path,
        split={"method": "listed", "holdout": {"fraction": 0.25}},
    )
    summary = prepare_dataset(a_dataset("own", chosen), tmp_path, tmp_path / "out", workers=1)
    assert summary["counts"] == {"train": 30, "val": 10, "test": 20}
