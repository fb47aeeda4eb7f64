"""Thresholds on the images that chose them, on others, and on halves where no others are kept."""

import numpy as np
import pandas as pd
import pytest
from trained import given, predicted_results
from views import made_table

from transfer.errors import UserError
from transfer.results.thresholds import carried_over
from transfer.training.metrics import best_thresholds, evaluate

CLASSES = 6


def scores_of(generator, images: int) -> dict[str, np.ndarray]:
    """Several labels; each class has a best threshold of its own, far from zero."""
    labels = (generator.random((images, CLASSES)) < 0.3).astype(np.int64)
    noise = generator.normal(size=labels.shape)
    scores = 2.0 * labels + noise - np.arange(CLASSES)
    ids = np.array([f"{images}-{row}" for row in range(images)])
    return {"ids": ids, "scores": scores.astype(np.float32), "labels": labels}


@pytest.fixture
def splits() -> tuple[dict, dict]:
    generator = np.random.default_rng(3)
    return scores_of(generator, 400), scores_of(generator, 150)


def saved(path, **splits: dict):
    """Predictions with each split under a prefix; the reported one has none."""
    arrays = {
        f"{'' if name == 'reported' else name + '_'}{key}": array
        for name, split in splits.items()
        for key, array in split.items()
    }
    np.savez(path, **arrays)
    return path


def by_hand(chosen: dict, measured: dict) -> tuple[float, float, float]:
    def f1(thresholds):
        return evaluate("macro_f1", measured["scores"], measured["labels"], thresholds)["macro_f1"]

    own = best_thresholds(measured["scores"].astype(float), measured["labels"])
    theirs = best_thresholds(chosen["scores"].astype(float), chosen["labels"])
    return f1(own), f1(theirs), f1(None)


def test_the_third_part_has_the_thresholds_of_validation(tmp_path, splits):
    validation, third = splits
    kept = saved(tmp_path / "kept.npz", reported=validation, test=third)
    found = carried_over(kept, "macro_f1", 0)
    assert (found.own, found.carried, found.half) == pytest.approx(by_hand(validation, third))
    assert found.others and found.own > found.carried > found.half


def test_a_run_that_reports_on_the_third_part_keeps_both(tmp_path, splits):
    """As with finetune_holdout: the selection split chose, the reported one measures."""
    validation, third = splits
    kept = saved(tmp_path / "kept.npz", reported=third, selection=validation)
    assert carried_over(kept, "macro_f1", 0).carried == pytest.approx(by_hand(*splits)[1])


def test_without_a_third_part_one_half_chooses_for_the_other(tmp_path, splits):
    kept = saved(tmp_path / "kept.npz", reported=splits[0])
    found = carried_over(kept, "macro_f1", 0)
    assert not found.others and found.own > found.carried > found.half
    assert found == carried_over(kept, "macro_f1", 0) != carried_over(kept, "macro_f1", 1)
    # Fewer images choose less well.
    few = saved(tmp_path / "few.npz", reported={key: one[:60] for key, one in splits[0].items()})
    lost = carried_over(few, "macro_f1", 0)
    assert lost.own - lost.carried > found.own - found.carried


def test_one_label_per_image_needs_no_thresholds(tmp_path):
    path = tmp_path / "kept.npz"
    np.savez(path, ids=np.array(["a"]), scores=np.zeros((1, 3)), labels=np.array([1]))
    with pytest.raises(UserError, match="one label per image needs no thresholds"):
        carried_over(path, "accuracy", 0)


def test_the_table_says_where_it_was_measured_and_what_is_lost(tmp_path):
    predicted_results(tmp_path)
    predictions = tmp_path / "predictions"
    read = [*given(tmp_path / "results.csv"), "--predictions", predictions]
    made_table("thresholds", tmp_path / "halves.csv", *read)
    table = pd.read_csv(tmp_path / "halves.csv")
    assert (table["own"] > table["carried"]).all() and len(table) == 19
    assert "keep no predictions on the third part" in (tmp_path / "halves.md").read_text()
    for path in (predictions / "hpa").glob("*/*.npz"):
        arrays = dict(np.load(path))
        saved(path, reported=arrays, test={key: array[:90] for key, array in arrays.items()})
    made_table("thresholds", tmp_path / "third.csv", *read)
    text = (tmp_path / "third.md").read_text()
    assert "Measured on the third part of the split" in text
    own, carried = pd.read_csv(tmp_path / "third.csv")[["own", "carried"]].mean()
    assert f"{own:.4f} with own thresholds, {carried:.4f} with those carried over, " in text
    lost = pd.read_csv(tmp_path / "results.csv")
    alexnet = (lost["model"] == "alexnet") & (lost["dataset"] == "hpa")
    lost.assign(value=lost["value"].mask(alexnet)).to_csv(tmp_path / "results.csv", index=False)
    made_table("thresholds", tmp_path / "third.csv", *read)
    assert "Mean over 18 models" in (tmp_path / "third.md").read_text()
