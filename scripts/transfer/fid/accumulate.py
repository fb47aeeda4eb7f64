"""Accumulate moments of a source's features, fold by fold, resuming after an interruption."""

import time
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from transfer.fid.features import extract_features
from transfer.fid.images import Images
from transfer.fid.inception import FEATURES, FeatureExtractor
from transfer.fid.statistics import Moments, read_moments, write_moments


def _batches(folds: Sequence[np.ndarray], size: int) -> list[tuple[int, np.ndarray]]:
    """Batches that never span two folds, each with the number of its fold."""
    return [
        (number, fold[start : start + size])
        for number, fold in enumerate(folds)
        for start in range(0, len(fold), size)
    ]


def _resume(checkpoint: Path, key: str, folds: int) -> tuple[list[Moments], int]:
    """Moments and number of batches done by an earlier job with the same key, or a fresh start."""
    fresh = [Moments(FEATURES) for _ in range(folds)], 0
    if not checkpoint.is_file():
        return fresh
    try:
        parts, extra = read_moments(checkpoint)
        found, done = extra["key"], int(str(extra["done"]))
    except (BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        print(f"{checkpoint}: unreadable ({error}); starting over")
        return fresh
    if found != key:
        print(f"{checkpoint}: made from other images or options; starting over")
        return fresh
    print(f"{checkpoint}: resuming after {sum(part.n for part in parts)} images")
    return parts, done


def accumulate(
    network: FeatureExtractor,
    source: Images,
    folds: Sequence[np.ndarray],
    resize: str,
    *,
    batch_size: int,
    device: str,
    workers: int,
    checkpoint: Path,
    key: str,
    save_every: float = 120.0,
) -> list[Moments]:
    """Compute the moments of each fold's features in memory that depends on folds and batch only.

    `folds` holds positions in `source`. All moments are saved to `checkpoint` every `save_every`
    seconds. A later call with the same `key` resumes from there with the same batches, and so gives
    bit-identical results; with another key or a damaged file it starts over. The caller deletes the
    checkpoint once its outputs are written.
    """
    moments, done = _resume(checkpoint, key, len(folds))
    batches = _batches(folds, batch_size)
    remaining = batches[done:]
    features = extract_features(
        network, source, [batch for _, batch in remaining], resize, device, workers
    )
    saved = time.monotonic()
    progress = tqdm(total=len(batches), initial=done, unit="batch", mininterval=10)
    for (fold, _), block in zip(remaining, features, strict=True):
        moments[fold].update(block)
        done += 1
        progress.update()
        if time.monotonic() - saved >= save_every and done < len(batches):
            write_moments(checkpoint, moments, key=key, done=done)
            saved = time.monotonic()
    progress.close()
    return moments
