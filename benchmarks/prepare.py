"""Benchmark preparation with one and two workers, and the growth of memory with their number.

Baseline: the same preparation with one worker, in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

TASK = """
import sys
sys.path.insert(0, {scripts!r})
if __name__ == "__main__":
    from pathlib import Path
    from transfer.data.members import FileMember
    from transfer.data.preparation import Plan, decode_samples
    from transfer.data.samples import Sample
    paths = sorted(Path({images!r}).glob("*.jpg"))[:{n}]
    samples = [
        Sample(p.stem, (0,), FileMember(p.name, p), "val" if k % 5 == 4 else "train")
        for k, p in enumerate(paths)
    ]
    outcome = decode_samples(samples, Path({out!r}), Plan((368,), (224, 256)), {workers})
    assert len(outcome.rows) == {n}
"""


def tree_memory(pid: int) -> int:
    """Resident memory of a process and its children in bytes, without shared pages."""
    import psutil

    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return sum(p.memory_info().rss - p.memory_info().shared for p in family)
    except psutil.NoSuchProcess:
        return 0


def prepare(images: Path, n: int, workers: int) -> tuple[float, int]:
    """Seconds and peak memory in bytes of preparing `n` images in a process of its own."""
    with tempfile.TemporaryDirectory(dir=images.parent) as scratch:
        script = Path(scratch) / "task.py"
        scripts = str(Path(__file__).parents[1] / "scripts")
        out = str(Path(scratch) / "out")
        script.write_text(
            TASK.format(scripts=scripts, images=str(images), n=n, out=out, workers=workers)
        )
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, tree_memory(process.pid))
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit("the preparation failed")
        return time.perf_counter() - start, peak


def main() -> None:
    """Print seconds, ratio and peak memory as JSON."""
    from photographs import write_photographs

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=1, help="number of runs; the best counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder) / "images"
        write_photographs(images, options.images)
        quarter = prepare(images, options.images // 4, 2)
        runs = {
            w: [prepare(images, options.images, w) for _ in range(options.repeats)] for w in (1, 2)
        }
    best = {workers: min(seconds for seconds, _ in found) for workers, found in runs.items()}
    print(
        json.dumps(
            {
                "images": options.images,
                "cores": os.cpu_count(),
                "load_before": os.getloadavg()[0],
                "seconds_1_worker": round(best[1], 2),
                "seconds_2_workers": round(best[2], 2),
                "ratio": round(best[1] / best[2], 2),
                "milliseconds_per_image_and_worker": round(1000 * best[1] / options.images, 1),
                "peak_MB_2_workers": round(max(m for _, m in runs[2]) / 1e6),
                "peak_MB_2_workers_a_quarter_of_the_images": round(quarter[1] / 1e6),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
