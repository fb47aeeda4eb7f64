"""Decode every image once, in parallel, into stores and evaluation images.

Worker processes decode chunks of consecutive images and write the results to part files, which the
parent appends in order. No pixels pass through a pipe, and at most two chunks per worker are
pending, so memory does not grow with the number of images, and the store does not depend on the
number of workers.
"""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from PIL import Image
from tqdm import tqdm

from transfer.data import decoding as images
from transfer.data.samples import ImageSource, Sample
from transfer.data.writers import EvaluationWriter, StoreWriter
from transfer.errors import UserError

# tqdm's monitor is a thread, which makes forking unsafe.
tqdm.monitor_interval = 0
# Images that a worker decodes per chunk: about 35 MB of parts.
RUN = 32


@dataclass(frozen=True)
class Plan:
    """The outputs to create for each image; `channel_order` is rgb, or bgr to swap red and blue."""

    short_sides: tuple[int | str, ...]
    evaluation_sizes: tuple[int, ...]
    channel_order: str = "rgb"

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, each with its own part file."""
        stores = [f"store_{side}" for side in self.short_sides]
        return stores + [f"evaluation_{size}" for size in self.evaluation_sizes]


@dataclass(frozen=True)
class Decoded:
    """Result of decoding an image: its size in each store, and digests of pixels.

    `digest` covers the first store, `content` all outputs. `problem` says why the image cannot be
    used; the other fields are then empty.
    """

    sizes: tuple[tuple[int, int], ...] = ()
    digest: str = ""
    content: str = ""
    problem: str = ""


@dataclass(frozen=True)
class StoredRows:
    """The stored rows in order, both digests of each, and the problems of the other rows."""

    rows: list[int]
    digests: list[str]
    contents: list[str]
    problems: dict[int, str]


# An image, and whether it needs evaluation images.
Task = tuple[ImageSource, bool]


def _part(part: Path, output: str) -> Path:
    return part.with_name(f"{part.name}.{output}")


def _decode_run(tasks: Sequence[Task], plan: Plan, part: Path) -> list[Decoded]:
    """Decode images, in a worker, into one part file per output."""
    with ExitStack() as stack:
        files = {
            output: stack.enter_context(_part(part, output).open("wb")) for output in plan.outputs
        }
        return [_decode(source, evaluated, plan, files) for source, evaluated in tasks]


def _decode(
    source: ImageSource, evaluated: bool, plan: Plan, files: Mapping[str, IO[bytes]]
) -> Decoded:
    try:
        image = source.load()
    except images.ImageError as error:
        return Decoded(problem=str(error))
    if plan.channel_order == "bgr":
        image = Image.merge("RGB", image.split()[::-1])
    sizes: list[tuple[int, int]] = []
    content = hashlib.blake2b(digest_size=16)
    digest = ""
    for side in plan.short_sides:
        stored = images.shrink(image, side)
        pixels = stored.tobytes()
        files[f"store_{side}"].write(pixels)
        content.update(f"{stored.width}x{stored.height}:".encode() + pixels)
        digest = digest or content.hexdigest()
        sizes.append((stored.height, stored.width))
    if evaluated:
        for size in plan.evaluation_sizes:
            pixels = images.evaluation_image(image, size).tobytes()
            files[f"evaluation_{size}"].write(pixels)
            content.update(pixels)
    return Decoded(tuple(sizes), digest, content.hexdigest())


def _start_worker() -> None:
    # Ctrl-C reaches the whole process group, but only the parent should handle it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def leave_with_parent() -> None:
        parent.join()
        os._exit(1)

    # A killed parent does not close its queues: without this its workers would wait forever.
    threading.Thread(target=leave_with_parent, daemon=True).start()


def _in_this_process(
    jobs: Iterator[tuple[range, Path, list[Task]]], plan: Plan
) -> Iterator[tuple[range, Path, list[Decoded]]]:
    for rows, part, tasks in jobs:
        yield rows, part, _decode_run(tasks, plan, part)


def _in_processes(
    jobs: Iterator[tuple[range, Path, list[Task]]], plan: Plan, workers: int
) -> Iterator[tuple[range, Path, list[Decoded]]]:
    """Yield decoded chunks in order, with at most two per worker pending."""
    pending: deque[tuple[range, Path, Future[list[Decoded]]]] = deque()
    # Forking is fast, but may deadlock if there are other threads.
    alone = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if alone else "spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start_worker) as pool:
        try:
            while True:
                for rows, part, tasks in islice(jobs, 2 * workers - len(pending)):
                    pending.append((rows, part, pool.submit(_decode_run, tasks, plan, part)))
                if not pending:
                    return
                rows, part, future = pending.popleft()
                yield rows, part, future.result()
        except BrokenProcessPool:
            raise UserError(
                "a worker process died, probably because memory ran out. Prepare again with fewer "
                "workers (threads of rule prepare)."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _decoded_runs(
    samples: Sequence[Sample], first: dict[int, int], plan: Plan, parts: Path, workers: int
) -> Iterator[tuple[range, dict[str, Path], dict[int, Decoded]]]:
    """Yield chunks of rows in order: each output's part file, and the result of each new image.

    The part files are deleted when the next chunk is requested.
    """
    runs = (range(n, min(n + RUN, len(samples))) for n in range(0, len(samples), RUN))
    fresh = {row for row, origin in first.items() if row == origin}
    jobs = (
        (
            rows,
            parts / f"{rows.start:09d}",
            [(samples[row].image, samples[row].split != "train") for row in rows if row in fresh],
        )
        for rows in runs
    )
    done = _in_this_process(jobs, plan) if workers == 1 else _in_processes(jobs, plan, workers)
    for rows, part, decoded in done:
        files = {output: _part(part, output) for output in plan.outputs}
        yield rows, files, dict(zip([row for row in rows if row in fresh], decoded, strict=True))
        for file in files.values():
            file.unlink()


def first_rows(samples: Sequence[Sample]) -> dict[int, int]:
    """For each row, the first one with the same image and the same need for evaluation images."""
    seen: dict[tuple[ImageSource, bool], int] = {}
    return {
        row: seen.setdefault((sample.image, sample.split != "train"), row)
        for row, sample in enumerate(samples)
    }


def decode_samples(
    samples: Sequence[Sample], folder: Path, plan: Plan, workers: int, title: str = ""
) -> StoredRows:
    """Write `store_<short side>/` and `evaluation/<size>.npy` of all samples to `folder`.

    Samples whose image cannot be read are left out of all outputs and listed in the outcome. An
    image that occurs in several rows is decoded once and copied. Raises UserError if a worker
    process dies.
    """
    parts = folder / "parts"
    parts.mkdir(parents=True)
    first = first_rows(samples)
    position: dict[int, int] = {}
    outcome = StoredRows([], [], [], {})
    with ExitStack() as stack:
        stores = {
            f"store_{side}": stack.enter_context(StoreWriter(folder / f"store_{side}"))
            for side in plan.short_sides
        }
        evaluations = {
            f"evaluation_{size}": stack.enter_context(
                EvaluationWriter(folder / "evaluation" / f"{size}.npy", size)
            )
            for size in plan.evaluation_sizes
        }
        progress = stack.enter_context(
            tqdm(total=len(samples), unit="image", desc=title, mininterval=2)
        )
        for rows, paths, decoded in _decoded_runs(samples, first, plan, parts, workers):
            with ExitStack() as opened:
                files = {k: opened.enter_context(path.open("rb")) for k, path in paths.items()}
                for row in rows:
                    origin = first[row]
                    result = decoded.get(row)
                    problem = result.problem if result else outcome.problems.get(origin)
                    if problem:
                        outcome.problems[row] = problem
                        continue
                    if result:
                        for (name, store), size in zip(stores.items(), result.sizes, strict=True):
                            store.append(files[name], size)
                        evaluated = samples[row].split != "train"
                        for name, evaluation in evaluations.items():
                            evaluation.append(files[name] if evaluated else None)
                        digest, content = result.digest, result.content
                    else:
                        for store in stores.values():
                            store.repeat(position[origin])
                        for evaluation in evaluations.values():
                            evaluation.repeat(position[origin])
                        digest = outcome.digests[position[origin]]
                        content = outcome.contents[position[origin]]
                    position[row] = len(outcome.rows)
                    outcome.rows.append(row)
                    outcome.digests.append(digest)
                    outcome.contents.append(content)
            progress.update(len(rows))
    parts.rmdir()
    return outcome
