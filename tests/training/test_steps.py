"""A run that counts steps, compared with plain PyTorch, and resumed identically."""

import math

import pytest
import torch
from prepared_dataset import write_dataset
from torch import nn
from torch.nn import functional as F
from training_settings import settings_with

from transfer.data.store import open_dataset
from transfer.study.settings import PretrainSettings
from transfer.training import order, record
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.checkpoint import CheckpointFile
from transfer.training.interruption import Interrupted, Interruption
from transfer.training.methods import METHODS, finetune
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.record_checks import check_record
from transfer.training.report import unreported
from transfer.training.task import Task

CPU = torch.device("cpu")
# 42 images in batches of 12: four steps an epoch, of 12, 12, 12 and 6 images.
COUNTS = (("train", 42), ("val", 24), ("test", 18))
STEPS, EVERY, WARMUP, RATE = 19, 7, 5, 0.05
EVALUATED = [7, 14, 19]
SETTINGS = {
    "dataset": {"name": "squares"}, "model": {"name": "tiny", "weights": "random"},
    "recipe": {"name": "quick", "steps": STEPS, "evaluate_every": EVERY}, "hp": {"name": "a"},
    "precision": "float32", "code": "0",
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "squares"
    return open_dataset(write_dataset(folder, counts=COUNTS, uniform=True), "original")


@pytest.fixture(autouse=True)
def short_looks(monkeypatch):
    """At the loss, every epoch: also between evaluations."""
    monkeypatch.setattr(order, "STEPS_BETWEEN_LOOKS", 1)


def network() -> nn.Module:
    torch.manual_seed(7)
    parts = (nn.Conv2d(3, 4, 5, stride=8), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
    return nn.Sequential(*parts, nn.Dropout(0.25), nn.Linear(4 * 4 * 4, 3))


def task_of(dataset, **changes) -> Task:
    settings = settings_with(
        epochs=0, steps=STEPS, evaluate_every=EVERY, warmup_steps=WARMUP, batch_size=12,
        learning_rate=RATE, seed=7, **changes,
    )  # fmt: skip
    return Task(dataset, settings, IMAGENET_MEAN, IMAGENET_STD, CPU, torch.float32, False)


def trained(task, path, interruption=None, method="finetune", report=None):
    """The outcome, and the network at the end."""
    built = []

    def build():
        built.append(network())
        return built[-1]

    # At every opportunity, however long writing takes.
    checkpoint = CheckpointFile(path, {}, False, share=1e9)
    # Asking whether an interruption is true is a look.
    asked = Interruption() if interruption is None else interruption
    outcome = METHODS[method](task, build, checkpoint, asked, report or unreported)
    return outcome, built[-1].state_dict()


def without_times(history):
    times = ("training_seconds", "evaluation_seconds", "images_per_second")
    return [{k: v for k, v in entry.items() if k not in times} for entry in history]


def equal(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    return trained(task_of(dataset), tmp_path_factory.mktemp("whole") / "run.pt")


def test_steps_are_those_of_plain_pytorch(dataset, whole):
    data = dataset
    rows = torch.from_numpy(data.rows("train"))
    pixels = torch.stack(
        [F.pad(torch.from_numpy(data.image(row).copy()), (0, 0, 0, 8)) for row in rows]
    )
    targets = torch.tensor(data.labels)
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    model = network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, nesterov=True)
    crops = torch.Generator().manual_seed(7)
    batches = []
    for epoch in range(5):
        shuffle = torch.Generator().manual_seed(7 * 1_000_003 + epoch)
        batches += torch.randperm(len(rows), generator=shuffle).split(12)
    total, seen, losses, rates = torch.zeros(()), 0, [], []
    model.train()
    for step, batch in enumerate(batches[:STEPS]):
        left = STEPS - WARMUP
        cosine = (1 + math.cos(math.pi * (step - WARMUP) / left)) / 2
        rate = RATE * (step + 1) / WARMUP if step < WARMUP else RATE * cosine
        optimizer.param_groups[0]["lr"] = rate
        sizes = torch.tensor([[40, 40]] * len(batch))
        boxes = draw_boxes(sizes, (0.65, 1.0), (3 / 4, 4 / 3), (True, False), crops)
        images = crop_and_resize(pixels[batch], boxes, 32)
        inputs = ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)
        loss = F.cross_entropy(model(inputs), targets[rows[batch]])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total, seen = total + loss.detach() * len(batch), seen + len(batch)
        if step + 1 in EVALUATED:
            losses.append(total.item() / seen)
            rates.append(rate)
            total, seen = torch.zeros(()), 0
    outcome, weights = whole
    assert [entry["step"] for entry in outcome.history] == EVALUATED
    assert [entry["epoch"] for entry in outcome.history] == [1, 2, 3]
    assert [entry["loss"] for entry in outcome.history] == losses
    assert [entry["learning_rate"] for entry in outcome.history] == pytest.approx(rates, rel=1e-15)
    assert equal(weights, model.state_dict())
    # Four epochs and three steps.
    assert outcome.images == 4 * 42 + 3 * 12 and outcome.images_per_epoch == 42


class AtLook(Interruption):
    """Asks to stop when the loop looks for the n-th time."""

    def __init__(self, look):
        super().__init__()
        self.left = look

    def __bool__(self):
        self.left -= 1
        return self.left <= 0


@pytest.mark.parametrize("look", [1, 5, 8, 10, 13, 19, 27, 34])
def test_a_run_that_was_stopped_at_any_step_ends_as_one_that_was_not(
    dataset, whole, tmp_path, look
):
    """After a step, between two batches of an evaluation, and after it."""
    path = tmp_path / "run.pt"
    with pytest.raises(Interrupted):
        trained(task_of(dataset), path, AtLook(look))
    outcome, weights = trained(task_of(dataset), path)
    assert without_times(outcome.history) == without_times(whole[0].history)
    assert equal(weights, whole[1]) and outcome.images == whole[0].images
    assert outcome.best.epoch == whole[0].best.epoch


class Killed(BaseException):
    pass


@pytest.mark.parametrize("steps", [3, 6, 10, 13, 18])
def test_a_run_that_was_killed_goes_back_to_its_last_checkpoint(
    dataset, whole, tmp_path, monkeypatch, steps
):
    """With no chance to write one: the last is of an epoch's end or of an evaluation."""
    path, done = tmp_path / "run.pt", iter(range(steps))
    step = finetune.FineTuning._train_step

    def until_killed(self, *arguments):
        if next(done, None) is None:
            raise Killed
        step(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(finetune.FineTuning, "_train_step", until_killed)
        with pytest.raises(Killed):
            trained(task_of(dataset), path)
    state = CheckpointFile(path, {}, False).read()
    at = state and 4 * state["epoch"] + state["step"]
    assert at == max((s for s in (4, 7, 8, 12, 14, 16) if s <= steps), default=None)
    outcome, weights = trained(task_of(dataset), path)
    assert without_times(outcome.history) == without_times(whole[0].history)
    assert equal(weights, whole[1])


@pytest.mark.parametrize(("finite", "at"), [(2, 4), (5, 7), (8, 12), (18, 19)])
def test_a_loss_that_ceases_to_be_finite_is_noticed_at_the_next_look(
    dataset, tmp_path, monkeypatch, finite, at
):
    losses = iter(range(10_000))

    def choose(multilabel):
        def loss(logits, labels):
            value = F.cross_entropy(logits, labels)
            return value if next(losses) < finite else value * float("inf")

        return loss

    monkeypatch.setattr(finetune, "choose_loss", choose)
    task = task_of(dataset)
    outcome, _ = trained(task, tmp_path / "run.pt")
    content = record.metrics_record(task, SETTINGS, outcome, "0")
    assert content["status"] == "diverged"
    last = content["history"][-1]
    assert (last["step"], last["loss"], last["selection"]) == (at, None, None)
    assert len(content["history"]) == 1 + sum(step < at for step in EVALUATED)
    check_record(content, "metrics.json")


def test_the_record_of_steps_is_whole_and_a_shorter_one_is_not(dataset, whole):
    task = task_of(dataset)
    content = record.metrics_record(task, SETTINGS, whole[0], "0")
    check_record(content, "metrics.json")
    seconds = sum(entry["training_seconds"] for entry in content["history"])
    assert content["images_per_second"] == whole[0].images / seconds
    content["history"] = content["history"][:2]
    with pytest.raises(Exception, match="is completed after 2 of 3 epochs"):
        check_record(content, "metrics.json")


def test_progress_is_reported_between_evaluations(dataset, tmp_path):
    reports = []
    task = task_of(dataset)
    trained(task, tmp_path / "run.pt", report=lambda **fields: reports.append(fields))
    # After 4, 7, 8, 12, 14, 16 and 19 steps, of 19.
    assert [fields["epoch"] for fields in reports] == [0, 1, 1, 1, 2, 2, 3]
    assert {fields["epochs"] for fields in reports} == {3}
    left = [fields["seconds_left"] / fields["seconds_per_epoch"] for fields in reports]
    done = [4 / 7, 1, 1 + 1 / 7, 1 + 5 / 7, 2, 2 + 2 / 5, 3]
    assert left == pytest.approx([3 - share for share in done])
    assert reports[0]["best"] is None and reports[-1]["best"] is not None


@pytest.mark.parametrize("look", [None, 28])
def test_a_pre_training_hands_out_the_network_of_its_best_evaluation(
    dataset, whole, tmp_path, monkeypatch, look
):
    """Whatever it trains after, and also where it was stopped in between."""
    states = []
    evaluate = finetune.FineTuning._verdict

    def remembered(run):
        states.append({k: v.clone() for k, v in run.model.state_dict().items()})
        verdict = evaluate(run)
        # The second evaluation is the best.
        verdict.selection["accuracy"] = [0.1, 0.9, 0.5][len(states) - 1]
        return verdict

    monkeypatch.setattr(finetune.FineTuning, "_verdict", remembered)
    path = tmp_path / "run.pt"
    task = task_of(dataset)
    if look:
        with pytest.raises(Interrupted):
            trained(task, path, AtLook(look), method="pretrain")
        assert len(states) == 2
    outcome, end = trained(task, path, method="pretrain")
    assert outcome.best.epoch == 2 and outcome.best.weights is not None
    # Without the last layer.
    bodies = [{k: v for k, v in s.items() if not k.startswith("5.")} for s in (states[1], end)]
    assert equal(outcome.best.weights, bodies[0]) and not equal(outcome.best.weights, bodies[1])
    assert equal(end, whole[1])
    assert whole[0].best.weights is None


def test_settings_of_a_pre_training_are_those_of_its_steps(dataset):
    values = {k: v for k, v in vars(task_of(dataset).settings).items() if k != "weights"}
    settings = PretrainSettings(**values | {"method": "pretrain"})
    assert settings.evaluations == 3 and settings.at({"seed": 3}).seed == 3
