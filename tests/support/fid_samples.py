"""Small prepared datasets and image folders, and pytorch-fid's own network without a download."""

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pytorch_fid.inception
import torch


def noise_images(sizes: list[tuple[int, int]], seed: int = 0) -> list[np.ndarray]:
    """Images of the given (height, width), smooth enough to survive a resize."""
    rng = np.random.default_rng(seed)
    return [
        np.kron(
            rng.integers(0, 256, (height // 4 + 1, width // 4 + 1, 3)), np.ones((4, 4, 1))
        ).astype(np.uint8)[:height, :width]
        for height, width in sizes
    ]


def write_prepared(folder: Path, images: list[np.ndarray], splits: list[str] | None = None) -> None:
    """A prepared dataset of the given images, in one class, with a store `original`."""
    store = folder / "store_original"
    store.mkdir(parents=True)
    splits = splits or ["train"] * len(images)
    rows = [f"image{i},0,{split}" for i, split in enumerate(splits)]
    (folder / "index.csv").write_text("\n".join(["id,label,split", *rows]) + "\n")
    summary = {"metric": "accuracy", "multilabel": False, "classes": ["only"]}
    (folder / "summary.json").write_text(json.dumps(summary))
    (store / "images.bin").write_bytes(b"".join(image.tobytes() for image in images))
    np.save(store / "offsets.npy", np.cumsum([0, *(image.size for image in images)]))
    np.save(store / "sizes.npy", np.array([image.shape[:2] for image in images], dtype=np.int32))


def pytorch_fid_network(weights: dict[str, torch.Tensor]) -> torch.nn.Module:
    """pytorch-fid's own `InceptionV3`, its download replaced by the given weights."""
    with mock.patch.object(
        pytorch_fid.inception, "load_state_dict_from_url", lambda *_, **__: weights
    ):
        return pytorch_fid.inception.InceptionV3().eval()
