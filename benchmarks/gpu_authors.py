"""The training loop of the authors' published script, as a baseline for `gpu_speed.py`."""

from collections.abc import Iterator
from pathlib import Path

import torch
from gpu_setup import CLASSES, build
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from transfer.study.model import Model
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.optim import make_optimizer
from transfer.training.task import Task


class Photographs(Dataset):
    """JPEG files, decoded and cropped on each access as in torchvision's examples."""

    def __init__(self, paths: list[Path], length: int, size: int) -> None:
        self.paths, self.length = paths, length
        self.transform = transforms.Compose(
            [
                transforms.RandomResizedCrop(size, scale=(0.65, 1.0)),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
            ]
        )

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        with Image.open(self.paths[i % len(self.paths)]) as image:
            return self.transform(image.convert("RGB")), i % CLASSES


def authors_steps(
    row: Model, one: Task, paths: list[Path], steps: int, workers: int
) -> Iterator[int]:
    """Run training steps as in the authors' script, with PyTorch's defaults.

    Each JPEG is decoded at full size in every epoch, arithmetic is float32 (TF32 in convolutions,
    as PyTorch sets it), images have channels first, and the loss and the number of hits are read
    from the device in every step.
    """
    size, batch, device = one.settings.image_size, one.settings.batch_size, one.device
    model = build(row, size).to(device).train()
    optimizer = make_optimizer(model.parameters(), one.settings)
    loader = DataLoader(
        Photographs(paths, steps * batch, size),
        batch_size=batch,
        shuffle=True,
        num_workers=workers,
        pin_memory=device.type == "cuda",
    )
    loss_sum, hits = 0.0, 0.0
    for inputs, labels in loader:
        inputs, labels = inputs.to(device), labels.to(device)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(inputs)
        hits += (logits.argmax(dim=1) == labels).sum().item()
        yield len(inputs)
