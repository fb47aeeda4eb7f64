"""A small prepared dataset that a network can learn: bright squares on noise, ragged sizes."""

import hashlib
import json
from pathlib import Path

import numpy as np
from PIL import Image

SIZE = 32


def write_dataset(
    folder: Path,
    metric: str = "accuracy",
    classes: int = 3,
    counts: tuple[tuple[str, int], ...] = (("train", 40), ("val", 24), ("test", 18)),
    multilabel: bool = False,
    uniform: bool = False,
    seed: int = 0,
) -> Path:
    """Class k's square stands in a column of its own; the folder is as preparation leaves it."""
    rng = np.random.default_rng(seed)
    splits = [split for split, n in counts for _ in range(n)]
    rows, images, labels = [], [], []
    for i, split in enumerate(splits):
        height, width = (40, 40) if uniform else rng.integers(34, 60, size=2)
        image = rng.integers(0, 90, size=(height, width, 3), dtype=np.uint8)
        present = np.flatnonzero(rng.random(classes) < 0.4) if multilabel else [i % classes]
        for k in present:
            left = int(width * k / classes)
            image[8:24, left : left + width // (classes + 1), k % 3] = 230
        images.append(image)
        labels.append(" ".join(str(k) for k in present))
        rows.append(f"image{i:03d},{labels[-1]},{split}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.csv").write_text("id,label,split\n" + "\n".join(rows) + "\n")
    summary = {
        "dataset": folder.name,
        "metric": metric,
        "multilabel": multilabel,
        "classes": [f"class{k}" for k in range(classes)],
        "counts": dict(counts),
        "short_sides": ["original"],
        "content": hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest(),
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    store = folder / "store_original"
    store.mkdir(exist_ok=True)
    (store / "images.bin").write_bytes(b"".join(image.tobytes() for image in images))
    np.save(store / "offsets.npy", np.cumsum([0] + [image.size for image in images]))
    np.save(store / "sizes.npy", np.array([image.shape[:2] for image in images], dtype=np.int32))
    (folder / "evaluation").mkdir(exist_ok=True)
    evaluated = [
        np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
        for image, split in zip(images, splits, strict=True)
        if split != "train"
    ]
    np.save(folder / "evaluation" / f"{SIZE}.npy", np.stack(evaluated))
    return folder
