"""The memory of a run stays small, however large its dataset is."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from training_process import RECIPES, Training

pytestmark = pytest.mark.long

GB = 10**9
# 4.4 GB of stored pixels.
IMAGES, HEIGHT, WIDTH = 8192, 368, 490
ONE_EPOCH = """
one_epoch:
  like: quick
  epochs: 1
  batch_size: 128
  report_split: val
"""


def write_large_dataset(folder: Path) -> Path:
    """Black images, which a file system keeps as a hole: read like any, and on no disk."""
    store = folder / "store_368"
    store.mkdir(parents=True)
    (folder / "evaluation").mkdir()
    splits = ["train"] * (IMAGES - 64) + ["val"] * 64
    rows = [f"image{i},{i % 3},{split}" for i, split in enumerate(splits)]
    (folder / "index.csv").write_text("id,label,split\n" + "\n".join(rows) + "\n")
    summary = {
        "dataset": "large",
        "metric": "accuracy",
        "multilabel": False,
        "classes": ["a", "b", "c"],
        "content": "black",
        "counts": {"train": IMAGES - 64, "val": 64},
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    size = HEIGHT * WIDTH * 3
    with (store / "images.bin").open("wb") as file:
        file.truncate(IMAGES * size)
    np.save(store / "offsets.npy", np.arange(IMAGES + 1) * size)
    np.save(store / "sizes.npy", np.full((IMAGES, 2), (HEIGHT, WIDTH), dtype=np.int32))
    np.save(folder / "evaluation" / "32.npy", np.zeros((64, 32, 32, 3), dtype=np.uint8))
    return folder


def memory(process: int) -> dict[str, int]:
    """Bytes that a process alone holds, and those that it shares with others of the same file."""
    status = Path(f"/proc/{process}/status").read_text()
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return {key: 1024 * int(lines[key].split()[0]) for key in ("RssAnon", "RssFile")}


@pytest.mark.skipif(not Path("/proc").exists(), reason="only /proc tells file pages apart")
def test_a_store_larger_than_the_memory_allowed_is_trained_on(tmp_path):
    data = write_large_dataset(tmp_path / "large")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipes.yaml").write_text(RECIPES + ONE_EPOCH)
    training = Training(data, tmp_path / "run", recipe="one_epoch")
    most = {"RssAnon": 0, "RssFile": 0}
    while training.process.is_alive():
        try:
            now = memory(training.process.pid)
        except (OSError, KeyError):
            break  # it has just ended
        most = {key: max(most[key], now[key]) for key in most}
        time.sleep(0.05)
    assert training.end() == 0, training.log
    assert most["RssAnon"] < 3 * GB
    # All of the store was read, and what was mapped of it is not the run's own.
    assert most["RssFile"] > 4 * GB
