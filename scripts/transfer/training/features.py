"""Features of frozen networks: what their last layer receives."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from transfer.data.store import PreparedDataset
from transfer.study.model import Model
from transfer.training import heads, models
from transfer.training.augment import Boxes, crop_and_resize, normalise
from transfer.training.batches import ahead, gather


def sample_rows(dataset: PreparedDataset, most: int, seed: int = 0) -> np.ndarray:
    """Rows of the index, in its order: of each split all images, or `most` drawn at random."""
    found = []
    for split in dict.fromkeys(dataset.splits.tolist()):
        rows = dataset.rows(split)
        if len(rows) > most:
            rows = np.random.default_rng(seed).choice(rows, most, replace=False)
        found.append(rows)
    return np.sort(np.concatenate(found))


def frozen_network(
    row: Model, state: Mapping[str, torch.Tensor], source: str, size: int
) -> nn.Module:
    """The pre-trained network for images of `size` pixels, in evaluation mode.

    Raises UserError naming `source` if `state` is of another network.
    """
    model = models.create(row)
    last = heads.last_layer(model)
    heads.load_body(model, last, state, last, source)
    models.set_image_size(model, size)
    return model.eval().requires_grad_(False)


@contextmanager
def _received(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Collect what a layer receives, `(n, d)`; maps `(n, d, h, w)` are averaged over pixels."""
    found: list[torch.Tensor] = []

    def keep(_: nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        features = arguments[0].float()
        found.append(features.mean(dim=(2, 3)) if features.ndim == 4 else features)

    handle = layer.register_forward_pre_hook(keep)
    try:
        yield found
    finally:
        handle.remove()


def features_of(
    dataset: PreparedDataset,
    rows: np.ndarray,
    row: Model,
    model: nn.Module,
    size: int,
    device: torch.device,
    batch_size: int = 64,
) -> np.ndarray:
    """Features, float32 `(n, d)`, of the stored images of `rows`: whole, resized to `size` pixels.

    Images of every split are treated alike, without augmentation, and normalised as the network's
    checkpoint was trained.
    """
    mean, std = (torch.tensor(v, device=device) for v in models.channel_statistics(row, "model"))
    model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    parts = [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    with torch.no_grad(), _received(model.get_submodule(heads.last_layer(model))) as found:
        for part, frames in zip(
            parts, ahead(lambda part: gather(dataset, part, device), parts), strict=True
        ):
            height, width = torch.from_numpy(dataset.sizes[part].astype(np.float32)).T
            corner, no = torch.zeros_like(height), torch.zeros(len(part), dtype=torch.bool)
            boxes = Boxes(corner, corner, height, width, no, no).to(device)
            images = crop_and_resize(frames.to(device), boxes, size)
            model(normalise(images, mean, std, "rgb"))
            found[-1] = found[-1].cpu()
    return torch.cat(found).numpy()
