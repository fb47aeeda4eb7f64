"""Length of a run, and the order of its images."""

import numpy as np
import pytest
from training_settings import settings_with

from transfer.training import order
from transfer.training.order import batches_between, epoch_order, length_of

ROWS = np.arange(100, 142)


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("batch_size", [8, 41, 42, 64])
def test_steps_go_on_from_one_epoch_into_the_next(batch_size, drop_last):
    settings = settings_with(epochs=0, steps=23, batch_size=batch_size, drop_last=drop_last)
    length = length_of(ROWS, settings)
    stream = [batch for epoch in range(23) for batch in epoch_order(ROWS, settings, epoch)]
    for first, last in ((0, 23), (0, 1), (3, 3), (4, 5), (5, 17), (22, 23)):
        got = batches_between(ROWS, settings, length, first, last)
        assert [batch.tolist() for batch in got] == [b.tolist() for b in stream[first:last]]
        assert length.images_until(last) == sum(len(batch) for batch in stream[:last])


def test_epochs_and_steps_are_lengths_of_one_kind():
    # 42 images in batches of 8: six steps an epoch.
    epochs = length_of(ROWS, settings_with(epochs=4))
    assert (epochs.total, epochs.period, epochs.look) == (24, 6, 6)
    once = length_of(ROWS, settings_with(epochs=0, steps=250))
    assert (once.total, once.period) == (250, 250)
    # Whole epochs, 102 steps.
    assert once.look == 6 * 17 and once.look - order.STEPS_BETWEEN_LOOKS < 6
    often = length_of(ROWS, settings_with(epochs=0, steps=250, evaluate_every=40))
    assert (often.total, often.period) == (250, 40)
