"""Intervals of a trained study, and further metrics, from the predictions that it keeps."""

import shutil

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from trained import GIVEN, IMAGES, STUDY, given, predicted_results
from views import drawn

from transfer.errors import UserError
from transfer.results.predictions import values_by_metric
from transfer.results.resampled import resampled_values, value_intervals
from transfer.results.table import load_results


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder with results.csv and predictions/ of made-up predictions."""
    folder = tmp_path_factory.mktemp("trained")
    predicted_results(folder)
    return folder


@pytest.fixture(scope="module")
def cells(study) -> pd.DataFrame:
    table = pd.read_csv(study / "results.csv")
    chosen = table["model"].isin(["alexnet", "resnet50"]) & (table["recipe"] == "finetune")
    return table[chosen].reset_index(drop=True)


@pytest.fixture(scope="module")
def values(study, cells) -> np.ndarray:
    return resampled_values(cells, study / "predictions", samples=400, seed=5)


def test_values_on_resamples_scatter_about_the_value(cells, values):
    assert np.isfinite(values).all()
    assert np.allclose(np.median(values, axis=1), cells["value"], atol=0.02)
    assert (values.std(axis=1) > 0).all()


def test_models_share_the_images_that_are_drawn(study, cells, tmp_path):
    """So the noise of a difference between two models that err alike is not overstated."""
    rows = cells[cells["dataset"] == "aptos"].reset_index(drop=True)
    kept = study / "predictions" / "aptos" / "alexnet" / "finetune.npz"
    for model in rows["model"]:
        (tmp_path / "aptos" / model).mkdir(parents=True)
        shutil.copy(kept, tmp_path / "aptos" / model)
    one, other = resampled_values(rows, tmp_path, samples=30, seed=1)
    assert (one == other).all() and one.std() > 0


def test_accuracies_have_exact_intervals_and_other_metrics_percentiles(study, cells, values):
    made = value_intervals(cells, study / "predictions", values, level=0.9)
    for row, cell, draws in zip(made.itertuples(), cells.itertuples(), values, strict=True):
        if cell.metric == "accuracy":
            right = round(cell.value * IMAGES)
            exact = stats.binomtest(right, IMAGES).proportion_ci(0.9, "exact")
            assert (row.lower, row.upper) == pytest.approx((exact.low, exact.high))
            assert row.method == "90 % Clopper-Pearson"
        else:
            assert (row.lower, row.upper) == pytest.approx(tuple(np.quantile(draws, [0.05, 0.95])))
            assert row.method == "90 % bootstrap over the test images"
        assert row.lower < cell.value < row.upper


def test_final_runs_have_the_spread_over_their_seeds(study, cells, values):
    seeds = cells.assign(n_seeds=3, value_std=0.01)
    made = value_intervals(seeds, study / "predictions", values, level=0.95)
    assert made["upper"].to_numpy() == pytest.approx((cells["value"] + 0.01).clip(upper=1))
    assert made["lower"].to_numpy() == pytest.approx(cells["value"] - 0.01)
    assert set(made["method"]) == {"standard deviation over 3 seeds"}


def test_a_cell_without_a_value_has_no_interval(study, cells):
    gone = cells.assign(value=cells["value"].mask(cells["dataset"] == "hpa"))
    values = resampled_values(gone, study / "predictions", samples=20, seed=0)
    assert np.isnan(values[gone["value"].isna()]).all()
    made = value_intervals(gone, study / "predictions", values, level=0.95)
    assert set(made["dataset"]) == set(gone["dataset"]) - {"hpa"}


def test_a_figure_by_two_metrics_shows_both_of_the_same_runs(study):
    figure = drawn(
        "by_metric", *given(study / "results.csv"), "--predictions", study / "predictions"
    )
    panels = {ax.get_title("left"): ax for ax in figure.axes}
    table = pd.read_csv(study / "results.csv").set_index(["dataset", "model"])["value"]
    marked = {
        title: sorted(
            mark.get_offsets()[0][1]
            for mark in ax.collections
            # A band has a corner at the origin.
            if len(mark.get_offsets()) and mark.get_offsets()[0][0] > 0.5
        )
        for title, ax in panels.items()
    }
    assert marked["Area under ROC curve"] == pytest.approx(sorted(table["melanoma"]))
    kept = study / "predictions" / "melanoma"
    accuracies = []
    for path in kept.glob("*/finetune.npz"):
        arrays = np.load(path)
        accuracies.append(float((arrays["scores"].argmax(axis=1) == arrays["labels"]).mean()))
        one = arrays["scores"][:, 1] - arrays["scores"][:, 0]
        assert table["melanoma", path.parent.name] == roc_auc_score(arrays["labels"], one)
    assert marked["Accuracy"] == pytest.approx(sorted(accuracies))
    note = figure.legends[0].get_title().get_text().replace("\n", " ")
    assert "chosen by area under ROC curve" in note and "Spearman's ρ" in note


def test_a_metric_or_dataset_that_cannot_be_is_refused(study):
    results = load_results(study / "results.csv", STUDY, [GIVEN[1]], GIVEN[3], GIVEN[5:])
    predictions = study / "predictions"
    with pytest.raises(UserError, match="no dataset 'melanomas'; it has cct20"):
        values_by_metric(results, predictions, "main", "melanomas", ["accuracy"])
    with pytest.raises(UserError, match="melanoma: metric: training computes no auc"):
        values_by_metric(results, predictions, "main", "melanoma", ["auc"])


def test_every_point_of_the_main_figure_has_its_error_bar(study, tmp_path):
    table = pd.read_csv(study / "results.csv")
    table = table[table["recipe"] == "finetune"]
    made = table[["dataset", "model", "recipe"]].assign(
        lower=table["value"] - 0.01,
        upper=(table["value"] + 0.02).clip(upper=1),
        method="95 % of something",
    )
    # Those of another recipe are of other runs.
    other = made.assign(recipe="finetune_holdout", lower=0.0, upper=1.0)
    pd.concat([other, made]).to_csv(tmp_path / "intervals.csv", index=False)
    more = ["--intervals", tmp_path / "intervals.csv"]
    figure = drawn("against_imagenet", *given(study / "results.csv"), *more, intervals=True)
    for ax, dataset in zip(figure.axes, dict.fromkeys(made["dataset"]), strict=False):
        bars = [line for line in ax.collections if hasattr(line, "get_segments")]
        ends = [segment[:, 1] for bar in bars for segment in bar.get_segments()]
        values = table.loc[table["dataset"] == dataset, "value"]
        expected = [(value - 0.01, min(value + 0.02, 1)) for value in values]
        assert len(ends) == 19 and np.allclose(sorted(map(tuple, ends)), sorted(expected))
