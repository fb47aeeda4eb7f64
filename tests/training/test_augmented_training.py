"""Training with AugMix and RandAugment: another training than without, and resumed bit for bit."""

import pytest
import torch
from prepared_dataset import write_dataset
from test_steps import AtLook, equal, network, trained, without_times
from training_settings import settings_with

from transfer.data.store import open_dataset
from transfer.study.augmentation import AugMix, RandAugment
from transfer.training.interruption import Interrupted
from transfer.training.models import IMAGENET_MEAN, IMAGENET_STD
from transfer.training.task import Task

POLICIES = {"randaugment": RandAugment(), "augmix": AugMix()}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(write_dataset(tmp_path_factory.mktemp("data") / "squares"), "original")


def task_of(dataset, policy) -> Task:
    settings = settings_with(epochs=2, batch_size=12, augmentation=policy)
    cpu = torch.device("cpu")
    return Task(dataset, settings, IMAGENET_MEAN, IMAGENET_STD, cpu, torch.float32, False)


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return {
        name: trained(task_of(dataset, policy), folder / f"{name}.pt")
        for name, policy in {**POLICIES, "plain": None}.items()
    }


def test_each_augmentation_trains_another_network(whole):
    weights = [state for _, state in whole.values()]
    assert not any(equal(weights[i], weights[j]) for i in range(3) for j in range(i))
    assert not equal(weights[0], network().state_dict())


@pytest.mark.parametrize("kind", POLICIES)
@pytest.mark.parametrize("look", [1, 3, 6])
def test_stopped_and_resumed_it_ends_with_the_same_bits(dataset, whole, tmp_path, kind, look):
    path, task = tmp_path / "run.pt", task_of(dataset, POLICIES[kind])
    with pytest.raises(Interrupted):
        trained(task, path, AtLook(look))
    outcome, weights = trained(task, path)
    assert without_times(outcome.history) == without_times(whole[kind][0].history)
    assert equal(weights, whole[kind][1])
