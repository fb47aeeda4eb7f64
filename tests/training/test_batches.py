"""Batches of stored images contain the same pixels from host and device memory."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from prepared_dataset import write_dataset
from torch.utils._python_dispatch import TorchDispatchMode
from training_settings import settings_with

from transfer.data.store import open_dataset
from transfer.training import batches
from transfer.training.augment import Boxes
from transfer.training.batches import ResidentPixels, training_batches
from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.methods.finetune import train
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.task import Task

CPU = torch.device("cpu")
META = torch.device("meta")


class Watch(TorchDispatchMode):
    """Notes which copies were made, and the largest memory that an operation took."""

    def __init__(self):
        super().__init__()
        self.copies = 0
        self.largest = 0

    def __torch_dispatch__(self, operation, types, arguments=(), keywords=None):
        result = operation(*arguments, **(keywords or {}))
        self.copies += operation.overloadpacket.__name__ in ("_to_copy", "copy_")
        # A view shares the memory of what it looks at, which was taken before.
        if isinstance(result, torch.Tensor) and not operation.is_view:
            self.largest = max(self.largest, result.untyped_storage().nbytes())
        return result


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Images of 34 to 59 pixels a side, of all splits in turn."""
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "squares"), "original")


@pytest.mark.parametrize("upload_bytes", [1, 20_000, 2**26])
def test_resident_images_are_those_of_the_store(dataset, monkeypatch, upload_bytes):
    monkeypatch.setattr(batches, "UPLOAD_BYTES", upload_bytes)
    # Of two splits that do not stand beside each other, in an order of their own.
    held = dataset.rows("train", "test")
    order = np.array_split(np.random.default_rng(0).permutation(held), 7)
    resident = ResidentPixels(dataset, held, CPU)
    host = training_batches(dataset, order, CPU, None)
    device = training_batches(dataset, order, CPU, resident)
    seen = []
    for (rows, frames), (same_rows, others) in zip(host, device, strict=True):
        assert frames.shape == others.shape
        for row, same, frame, other in zip(rows, same_rows, frames, others, strict=True):
            image = torch.from_numpy(dataset.image(row).copy())
            height, width = image.shape[:2]
            assert row == same
            assert torch.equal(frame[:height, :width], image)
            assert torch.equal(other[:height, :width], image)
            seen.append(row)
    assert sorted(seen) == held.tolist()


def test_gathering_on_the_device_takes_no_more_than_the_batch(dataset):
    """Nothing beside the frames: an index of every byte would be eight times as large."""
    rows = dataset.rows("train")
    resident = ResidentPixels(dataset, rows, CPU)
    with Watch() as watch:
        ((_, frames),) = training_batches(dataset, [rows[:12]], CPU, resident)
    assert watch.largest == frames.nbytes


def test_row_numbers_go_to_the_device_once_an_epoch(dataset):
    """Not in every step, where the copy would wait for the step before."""
    rows = dataset.rows("train")
    resident = ResidentPixels(dataset, rows, META)
    with Watch() as watch:
        steps = list(training_batches(dataset, np.array_split(rows, 8), META, resident))
    assert [len(frames) for _, frames in steps] == [5] * 8
    assert watch.copies == 1


def test_boxes_go_to_a_gpu_from_pinned_memory(monkeypatch):
    """A copy from other memory waits for the GPU, `non_blocking` or not."""
    pinned, copied = [], []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda t: pinned.append(t) or t + 0)
    monkeypatch.setattr(torch.Tensor, "to", lambda t, *_, **how: copied.append((t, how)) or t)
    boxes = Boxes(*(torch.full((2,), float(k)) for k in range(6)))
    boxes.to(torch.device("cuda"))
    assert [float(t[0]) for t in pinned] == [0, 1, 2, 3, 4, 5]
    assert all(how == {"non_blocking": True} for _, how in copied)
    assert not any(t is original for t, _ in copied for original in vars(boxes).values())


def test_room_for_images_counts_what_lies_between_rows(dataset, monkeypatch):
    """Rows start at multiples of 16 bytes: one pixel a row takes 16 bytes, not three."""
    rows = dataset.rows("train")
    held = batches.resident_bytes(dataset.sizes[rows])
    assert held == len(ResidentPixels(dataset, rows, CPU).pixels)
    assert batches.resident_bytes(np.array([[1000, 1], [500, 1]])) >= 16 * 1500
    for room, fits in ((1.001 * held, True), (0.999 * held, False)):
        memory = (100 * held, room / batches.RESIDENT_SHARE)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _, memory=memory: memory)
        assert batches.fits_on(torch.device("cuda"), dataset, rows, 1) is fits


class AtLook(Interruption):
    """Asks to stop when the loop looks for the n-th time: once a step, while it trains."""

    def __init__(self, look):
        super().__init__()
        self.left = look

    def __bool__(self):
        self.left -= 1
        return self.left <= 0


def small_network():
    torch.manual_seed(0)
    pool = torch.nn.AdaptiveAvgPool2d(4)
    return torch.nn.Sequential(pool, torch.nn.Flatten(), torch.nn.Linear(48, 3))


@pytest.mark.parametrize("look", [2, 5])
def test_a_resident_run_that_was_stopped_ends_as_one_from_the_host(dataset, tmp_path, look):
    """In mid-epoch, and after the last step of an epoch, when no batch of it is left."""
    adamw = {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1e-4}
    settings = settings_with(epochs=2, report_split="val", **adamw)
    resident = Task(
        dataset, settings, IMAGENET_MEAN, IMAGENET_STD, CPU, torch.float32, resident=True
    )

    def losses(task, name, interruption):
        checkpoint = CheckpointFile(tmp_path / name, {}, False, share=1)
        return [e["loss"] for e in train(task, small_network, checkpoint, interruption).history]

    from_host = losses(replace(resident, resident=False), "host.pt", Interruption())
    with pytest.raises(Interrupted):
        losses(resident, "resident.pt", AtLook(look))
    assert losses(resident, "resident.pt", Interruption()) == from_host
