"""A store is flushed to disk while it grows, also on systems without fdatasync."""

import importlib
import io
import os

import numpy as np
import pytest

from transfer.data import writers


@pytest.fixture(params=[True, False])
def spares_times(request, monkeypatch):
    """Whether the system has fdatasync, which macOS has not."""
    if not request.param:
        monkeypatch.delattr(os, "fdatasync", raising=False)
    importlib.reload(writers)
    yield
    monkeypatch.undo()
    importlib.reload(writers)


def test_a_store_that_grows_is_sent_to_disk(spares_times, monkeypatch, tmp_path):
    monkeypatch.setattr(writers, "_FLUSH", 100)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)
    with writers.StoreWriter(tmp_path / "store") as store:
        for image in pixels:
            store.append(io.BytesIO(image.tobytes()), (5, 4))
    assert (tmp_path / "store/images.bin").read_bytes() == pixels.tobytes()
    assert np.load(tmp_path / "store/offsets.npy").tolist() == [60 * n for n in range(7)]
