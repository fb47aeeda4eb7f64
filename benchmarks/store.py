"""Benchmark random batches from the store against decoding the same JPEGs.

Baseline: opening, decoding and shrinking the JPEG files to the store's resolution, in the same
run with the same number of worker threads; decoding in threads is as fast as in processes, for
Pillow decodes outside of Python's lock.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from photographs import write_photographs

from transfer.data.dataset import dataset_of
from transfer.data.decoding import decode
from transfer.data.prepare import prepare_dataset
from transfer.data.store import open_dataset


def main() -> None:
    """Print images per second from files and from the store, and their ratio, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        paths = write_photographs(folder / "images" / "class", options.images)
        block = {
            "name": "b", "short_name": "b", "group": "own", "metric": "accuracy",
            "multilabel": False, "citation": "",
            "source": {"homepage": "", "kind": "http", "files": []},
            "layout": {"kind": "folders", "path": str(folder / "images")},
            "split": {"method": "none"}, "short_side": 368, "evaluation_sizes": [224],
        }  # fmt: skip
        prepare_dataset(dataset_of("b", block), folder, folder / "out", workers=options.workers)
        dataset = open_dataset(folder / "out", 368)
        by_id = {path.stem: path for path in paths}
        ordered = [by_id[name] for name in dataset.ids]

        def from_file(row: int) -> int:
            return np.asarray(decode(ordered[row].read_bytes())).shape[0]

        def from_store(row: int) -> int:
            return np.array(dataset.image(row)).shape[0]

        rates = {}
        random = np.random.default_rng(0)
        with ThreadPoolExecutor(options.workers) as pool:
            for name, read in (("files", from_file), ("store", from_store)):
                done, start = 0, time.perf_counter()
                while time.perf_counter() - start < options.seconds:
                    rows = random.choice(len(ordered), options.batch, replace=False)
                    shares = np.array_split(rows, options.workers)
                    list(pool.map(lambda share, read=read: [read(row) for row in share], shares))
                    done += options.batch
                rates[name] = done / (time.perf_counter() - start)
    print(
        json.dumps(
            {
                "images": options.images,
                "batch": options.batch,
                "workers": options.workers,
                "load_before": os.getloadavg()[0],
                "images_per_second_files": round(rates["files"]),
                "images_per_second_store": round(rates["store"]),
                "ratio": round(rates["store"] / rates["files"], 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
