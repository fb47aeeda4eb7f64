"""The training loop against the same training written out in plain PyTorch, bit for bit."""

from pathlib import Path

import pytest
import torch
from prepared_dataset import write_dataset
from torch import nn
from torch.nn import functional as F
from training_settings import settings_with

from transfer.data.store import PreparedDataset, open_dataset
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interruption
from transfer.training.methods.finetune import Outcome, train
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.task import Task

CPU = torch.device("cpu")
SEED, EPOCHS, BATCH, SIZE = 7, 3, 12, 32
RATE, DECAY = 1e-2, 1e-3
# 42 images in batches of 12: the last of an epoch has six.
COUNTS = (("train", 42), ("val", 24), ("test", 18))
SCALE, RATIO = (0.65, 1.0), (3 / 4, 4 / 3)


def network() -> nn.Module:
    """A network that computes another thing when it trains than when it is evaluated."""
    torch.manual_seed(SEED)
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=4),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(8 * 7 * 7, 3),
    )


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    folder = tmp_path_factory.mktemp("data") / "squares"
    return open_dataset(write_dataset(folder, counts=COUNTS, uniform=True), "original")


def plain_optimizer(name: str, model: nn.Module) -> torch.optim.Optimizer:
    if name == "sgd":
        return torch.optim.SGD(
            model.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=DECAY
        )
    return torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY / RATE)


def plain_schedule(
    name: str, optimizer: torch.optim.Optimizer
) -> torch.optim.lr_scheduler.LRScheduler:
    if name == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    return torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2], gamma=0.1)


def network_input(images: torch.Tensor) -> torch.Tensor:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def plain_training(data: PreparedDataset, optimizer_name: str, schedule_name: str):
    """Losses, rates and logits of the test images of each epoch, and the network at the end."""
    rows = torch.from_numpy(data.rows("train"))
    # Frames are multiples of 16 pixels wide; what is added lies outside every box.
    pixels = torch.stack(
        [F.pad(torch.from_numpy(data.image(r).copy()), (0, 0, 0, 8)) for r in rows]
    )
    targets, test = torch.tensor(data.labels), data.evaluation_images(SIZE, "test").copy()
    model = network().to(memory_format=torch.channels_last)
    optimizer = plain_optimizer(optimizer_name, model)
    schedule = plain_schedule(schedule_name, optimizer)
    crops = torch.Generator().manual_seed(SEED)
    losses, rates, logits = [], [], []
    for epoch in range(EPOCHS):
        shuffle = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)
        total = torch.zeros(())
        model.train()
        for batch in torch.randperm(len(rows), generator=shuffle).split(BATCH):
            sizes = torch.tensor([[40, 40]] * len(batch))
            boxes = draw_boxes(sizes, SCALE, RATIO, (True, False), crops)
            images = network_input(crop_and_resize(pixels[batch], boxes, SIZE))
            loss = F.cross_entropy(model(images), targets[rows[batch]])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(batch)
        losses.append(total.item() / len(rows))
        rates.append(optimizer.param_groups[0]["lr"])
        schedule.step()
        model.eval()
        with torch.no_grad():
            logits.append(model(network_input(torch.from_numpy(test))))
    return losses, rates, logits, model.state_dict()


def our_training(
    data: PreparedDataset, optimizer: str, schedule: str, folder: Path
) -> tuple[Outcome, dict[str, torch.Tensor]]:
    settings = settings_with(
        epochs=EPOCHS, batch_size=BATCH, image_size=SIZE, step_milestones=(1, 2), seed=SEED,
        optimizer=optimizer, schedule=schedule, learning_rate=RATE, weight_decay=DECAY,
    )  # fmt: skip
    task = Task(data, settings, IMAGENET_MEAN, IMAGENET_STD, CPU, torch.float32, False)
    built = []

    def build() -> nn.Module:
        built.append(network())
        return built[-1]

    outcome = train(task, build, CheckpointFile(folder / "run.pt", {}, False), Interruption())
    [model] = built
    return outcome, model.state_dict()


@pytest.mark.parametrize("schedule", ["cosine", "step"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_training_is_that_of_plain_pytorch(
    dataset: PreparedDataset, tmp_path: Path, optimizer: str, schedule: str
) -> None:
    outcome, weights = our_training(dataset, optimizer, schedule, tmp_path)
    losses, rates, logits, expected = plain_training(dataset, optimizer, schedule)
    assert [entry["loss"] for entry in outcome.history] == losses
    assert [entry["learning_rate"] for entry in outcome.history] == rates
    # With the running statistics of batch normalisation, which an evaluation must not move.
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    labels = torch.tensor(dataset.labels[dataset.rows("test")])
    accuracies = [(epoch.argmax(1) == labels).double().mean().item() for epoch in logits]
    assert [entry["report"]["accuracy"] for entry in outcome.history] == pytest.approx(accuracies)
    torch.testing.assert_close(
        outcome.best.report_scores, logits[outcome.best.epoch - 1], rtol=0, atol=1e-5
    )
