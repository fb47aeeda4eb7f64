"""The linear probe and LP-FT: what is trained, what is chosen, and resumed bit for bit."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from prepared_dataset import write_dataset
from test_steps import AtLook, equal, network, trained, without_times
from torch import nn
from torch.nn import functional as F
from training_settings import settings_with

from transfer.data.store import PreparedDataset, open_dataset
from transfer.errors import UserError
from transfer.study.settings import NO_SPLIT, ProbeThenFinetuneSettings, Settings
from transfer.training import record
from transfer.training.augment import crop_and_resize, draw_boxes
from transfer.training.interruption import Interrupted
from transfer.training.methods.probe_then_finetune import probe_points
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.record_checks import check_record
from transfer.training.task import Task

SEED, EPOCHS, PROBED, BATCH = 7, 5, 2, 12
COUNTS = (("train", 42), ("val", 24), ("test", 18))
RATES, DECAYS = (0.1, 0.01, 0.0001), (0.01, 0.0)
SETTINGS = {
    "dataset": {"name": "squares"}, "model": {"name": "tiny", "weights": "random"},
    "recipe": {"name": "clip", "method": "probe_then_finetune", "epochs": EPOCHS},
    "hp": {"name": "lr1e-3_wd0", "learning_rate": 0.001, "weight_decay": 0},
    "precision": "float32", "code": "0",
}  # fmt: skip
HEAD = "5."


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> PreparedDataset:
    folder = tmp_path_factory.mktemp("data") / "squares"
    return open_dataset(write_dataset(folder, counts=COUNTS, uniform=True), "original")


def task_of(dataset: PreparedDataset, settings: Settings) -> Task:
    cpu = torch.device("cpu")
    return Task(dataset, settings, IMAGENET_MEAN, IMAGENET_STD, cpu, torch.float32, False)


def probing(**changes) -> Settings:
    plain = {"epochs": EPOCHS, "batch_size": BATCH, "seed": SEED, "optimizer": "adamw",
             "learning_rate": 0.01, "weight_decay": 0.01}  # fmt: skip
    return settings_with(**plain | changes)


def lp_ft(**changes) -> ProbeThenFinetuneSettings:
    own = {"probe_epochs": PROBED, "probe_learning_rates": RATES, "probe_weight_decays": DECAYS}
    own |= {name: changes.pop(name) for name in list(changes) if name in own}
    plain = {"method": "probe_then_finetune", "learning_rate": 0.001}
    values = vars(probing(**plain | changes))
    names = {field.name for field in fields(ProbeThenFinetuneSettings)}
    return ProbeThenFinetuneSettings(**{k: v for k, v in (values | own).items() if k in names})


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.pt"
    return trained(task_of(dataset, lp_ft()), path, method="probe_then_finetune")


def plain_probe(data: PreparedDataset, rate: float, decay: float, epochs: int):
    """Losses, test logits and the head's weights after each epoch; in plain PyTorch."""
    rows = torch.from_numpy(data.rows("train"))
    pixels = torch.stack(
        [F.pad(torch.from_numpy(data.image(row).copy()), (0, 0, 0, 8)) for row in rows]
    )
    targets = torch.tensor(data.labels)
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)

    def inputs(images: torch.Tensor) -> torch.Tensor:
        return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)

    model = network().to(memory_format=torch.channels_last).eval()
    head = model[-1]
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=decay / rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    crops = torch.Generator().manual_seed(SEED)
    test = torch.from_numpy(data.evaluation_images(32, "test").copy())
    losses, logits, heads = [], [], []
    for epoch in range(epochs):
        shuffle = torch.Generator().manual_seed(SEED * 1_000_003 + epoch)
        total = 0.0
        for batch in torch.randperm(len(rows), generator=shuffle).split(BATCH):
            sizes = torch.tensor([[40, 40]] * len(batch))
            boxes = draw_boxes(sizes, (0.65, 1.0), (3 / 4, 4 / 3), (True, False), crops)
            with torch.no_grad():
                features = model[:-1](inputs(crop_and_resize(pixels[batch], boxes, 32)))
            loss = F.cross_entropy(head(features), targets[rows[batch]])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(rows))
        schedule.step()
        with torch.no_grad():
            logits.append(model(inputs(test)))
        heads.append(head.weight.detach().clone())
    return losses, logits, heads


def test_a_linear_probe_is_that_of_plain_pytorch_and_leaves_the_body_alone(dataset, tmp_path):
    settings = probing(method="linear_probe", keep_weights=True)
    outcome, weights = trained(
        task_of(dataset, settings), tmp_path / "run.pt", method="linear_probe"
    )
    losses, logits, heads = plain_probe(dataset, 0.01, 0.01, EPOCHS)
    assert [entry["loss"] for entry in outcome.history] == pytest.approx(losses, rel=1e-5)
    torch.testing.assert_close(outcome.best.report_scores, logits[outcome.best.epoch - 1])
    for name, tensor in network().state_dict().items():
        if not name.startswith(HEAD):
            assert torch.equal(weights[name], tensor)
    torch.testing.assert_close(weights[f"{HEAD}0.weight"], heads[-1])
    assert outcome.best.weights.keys() == {
        name for name in network().state_dict() if not name.startswith(HEAD)
    }
    assert not any("probe" in entry for entry in outcome.history)


def test_probes_side_by_side_are_those_that_run_alone(dataset, whole):
    points = probe_points(lp_ft())
    assert [point.id for point in points][:2] == ["lr1e-1_wd1e-2", "lr1e-1_wd0"]
    entries = whole[0].history[:PROBED]
    alone = {
        point.id: plain_probe(
            dataset, point.values["learning_rate"], point.values["weight_decay"], PROBED
        )
        for point in points
    }
    for epoch, entry in enumerate(entries):
        _, logits, _ = alone[entry["probe"]]
        test = torch.tensor(dataset.labels[dataset.rows("test")])
        accuracy = (logits[epoch].argmax(1) == test).double().mean().item()
        assert entry["report"]["accuracy"] == pytest.approx(accuracy)
        smallest = min(losses[epoch] for losses, _, _ in alone.values())
        assert entry["loss"] == pytest.approx(smallest, rel=1e-5)
        assert entry["learning_rate"] == pytest.approx(
            float(entry["probe"].partition("_")[0].removeprefix("lr"))
            * (1 + np.cos(np.pi * epoch / PROBED)) / 2
        )  # fmt: skip


def test_fine_tuning_starts_from_the_best_probe_with_a_schedule_of_its_own(
    dataset, whole, tmp_path
):
    outcome, weights = whole
    history = outcome.history
    assert [entry["epoch"] for entry in history] == [1, 2, 3, 4, 5]
    assert ["probe" in entry for entry in history] == [True] * PROBED + [False] * (EPOCHS - PROBED)
    tuned = EPOCHS - PROBED
    assert [entry["learning_rate"] for entry in history[PROBED:]] == pytest.approx(
        [0.001 * (1 + np.cos(np.pi * k / tuned)) / 2 for k in range(tuned)]
    )
    assert outcome.images == EPOCHS * 42 and outcome.best.epoch > PROBED
    values = [entry["selection"]["accuracy"] for entry in history[PROBED:]]
    assert outcome.best.selection_value == max(values)
    assert not equal(
        {k: v for k, v in weights.items() if not k.startswith(HEAD)},
        {k: v for k, v in network().state_dict().items() if not k.startswith(HEAD)},
    )
    # With a fine-tuning that hardly moves, the network stays the best probe.
    still = lp_ft(learning_rate=1e-12, weight_decay=0.0)
    outcome, weights = trained(
        task_of(dataset, still), tmp_path / "run.pt", method="probe_then_finetune"
    )
    best = max(outcome.history[:PROBED], key=lambda entry: entry["selection"]["accuracy"])
    rate, decay = (float(x[2:]) for x in best["probe"].split("_"))
    *_, heads = plain_probe(dataset, rate, decay, PROBED)
    expected = heads[best["epoch"] - 1]
    torch.testing.assert_close(weights[f"{HEAD}weight"], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("look", [1, 4, 6, 8, 13, 14, 15, 18, 24])
def test_stopped_at_any_step_of_either_part_it_ends_with_the_same_bits(
    dataset, whole, tmp_path, look
):
    path, task = tmp_path / "run.pt", task_of(dataset, lp_ft())
    with pytest.raises(Interrupted):
        trained(task, path, AtLook(look), method="probe_then_finetune")
    outcome, weights = trained(task, path, method="probe_then_finetune")
    assert without_times(outcome.history) == without_times(whole[0].history)
    assert equal(weights, whole[1]) and outcome.best.epoch == whole[0].best.epoch


def record_of(task: Task, outcome) -> dict:
    return record.metrics_record(task, SETTINGS, outcome, "0")


def test_its_record_is_whole_and_reports_no_epoch_of_the_probe(dataset, whole):
    content = record_of(task_of(dataset, lp_ft()), whole[0])
    check_record(content, "here")
    with pytest.raises(UserError, match="best epoch at 1"):
        check_record(content | {"best_epoch": 1}, "here")


def test_a_probe_that_diverges_does_not_compete(dataset, tmp_path):
    task = task_of(dataset, lp_ft(probe_learning_rates=(3e37, 0.01)))
    outcome, _ = trained(task, tmp_path / "run.pt", method="probe_then_finetune")
    assert outcome.status == "completed"
    assert all(entry["probe"].startswith("lr1e-2") for entry in outcome.history[:PROBED])


def test_where_every_probe_diverges_the_run_has_no_value(dataset, tmp_path):
    task = task_of(dataset, lp_ft(probe_learning_rates=(3e37,)))
    outcome, _ = trained(task, tmp_path / "run.pt", method="probe_then_finetune")
    content = record_of(task, outcome)
    assert (content["status"], content["value"], content["best_epoch"]) == ("diverged", None, None)
    check_record(content, "here")


def test_several_probes_need_a_split_that_chooses(dataset, tmp_path):
    settings = replace(lp_ft(), selection_split=NO_SPLIT)
    with pytest.raises(UserError, match="no split is left to choose the linear probe"):
        trained(task_of(dataset, settings), tmp_path / "run.pt", method="probe_then_finetune")


def test_dropout_and_batch_statistics_are_those_of_evaluation(dataset, tmp_path):
    """The running statistics neither move nor follow a batch, also where there are pieces of it."""
    seen = []

    class Watched(nn.BatchNorm2d):
        def forward(self, x):
            seen.append(self.training)
            return super().forward(x)

    def build() -> nn.Module:
        model = network()
        model[1].__class__ = Watched
        return model

    from transfer.training.checkpoint import CheckpointFile
    from transfer.training.interruption import Interruption
    from transfer.training.methods import linear_probe

    task = task_of(dataset, probing(method="linear_probe", epochs=1))
    linear_probe.train(task, build, CheckpointFile(tmp_path / "a.pt", {}, False), Interruption())
    assert seen and not any(seen)
