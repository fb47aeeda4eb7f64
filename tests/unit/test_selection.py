"""The best run of a cell, partial grids, diverged runs and honest choices."""

import json
from pathlib import Path

import pytest

import select_runs
from transfer.analysis.selection import read_run, select
from transfer.errors import UserError
from transfer.grid import Cell

CELL = Cell("pets", "resnet50", "finetune", ("a", "b", "c"))
METRICS = {"pets": "accuracy"}


def write(runs: Path, hp: str, value: float | None, chosen: float | None = None, **changed):
    """A run's record with what selection reads of it."""
    record = {
        "status": "diverged" if value is None else "completed",
        "hp": hp,
        "metric": "accuracy",
        "value": value,
        "best_epoch": None if value is None else 1,
        "weights": "random",
        "selection_split": "val",
        "report_split": "test",
        "history": [{"selection": {"accuracy": chosen}}],
        "settings": {"dataset": {"digest": "0"}, "model": {}, "recipe": {}},
    }
    path = runs / "pets" / "resnet50" / "finetune" / hp / "metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(record | changed))
    return path


def test_the_highest_value_wins_and_the_first_of_equals(tmp_path):
    for hp, value in (("a", 0.5), ("b", 0.8), ("c", 0.8)):
        write(tmp_path, hp, value, 0.1)
    row = select([CELL], tmp_path, "as_published", False, METRICS).iloc[0]
    assert (row.hp, row.value, row.n_runs, row.n_expected, row.n_diverged) == ("b", 0.8, 3, 3, 0)


@pytest.mark.parametrize("partial", [False, True])
def test_runs_on_different_data_are_not_compared(tmp_path, partial):
    write(tmp_path, "a", 0.5)
    write(tmp_path, "b", 0.6)
    other = {"dataset": {"digest": "1"}, "model": {}, "recipe": {}}
    write(tmp_path, "c", 0.9, settings=other)
    with pytest.raises(UserError, match=r"1 of its 3 runs .* of the dataset .*: c"):
        select([CELL], tmp_path, "as_published", partial, METRICS)


def test_an_honest_choice_looks_at_the_selection_split_alone(tmp_path):
    for hp, value, chosen in (("a", 0.5, 0.9), ("b", 0.8, 0.2), ("c", 0.7, 0.3)):
        write(tmp_path, hp, value, chosen)
    row = select([CELL], tmp_path, "honest", False, METRICS).iloc[0]
    assert (row.hp, row.value) == ("a", 0.5)


def test_an_honest_choice_on_the_reported_split_is_refused(tmp_path):
    path = write(tmp_path, "a", 0.5, 0.5, report_split="val")
    with pytest.raises(UserError, match="finetune_holdout"):
        read_run(path, "honest")


def test_a_diverged_run_counts_and_is_never_selected(tmp_path):
    write(tmp_path, "a", None)
    write(tmp_path, "b", -0.2, -0.2)
    write(tmp_path, "c", None)
    row = select([CELL], tmp_path, "as_published", False, METRICS).iloc[0]
    assert (row.hp, row.value, row.n_diverged) == ("b", -0.2, 2)


def test_a_cell_that_diverged_everywhere_has_no_value(tmp_path):
    for hp in CELL.hps:
        write(tmp_path, hp, None)
    row = select([CELL], tmp_path, "as_published", False, METRICS).iloc[0]
    assert row.hp == "" and row.isna()["value"] and row.n_diverged == 3


def test_a_missing_run_is_refused_by_name_unless_partial(tmp_path):
    write(tmp_path, "a", 0.5, 0.5)
    with pytest.raises(UserError, match=r"2 runs are not there(.|\n)*finetune/b/metrics.json"):
        select([CELL], tmp_path, "as_published", False, METRICS)
    row = select([CELL], tmp_path, "as_published", True, METRICS).iloc[0]
    assert (row.hp, row.n_runs, row.n_expected) == ("a", 1, 3)


def test_a_truncated_record_is_refused_by_name(tmp_path):
    path = write(tmp_path, "a", 0.5, 0.5)
    path.write_text(path.read_text()[:40])
    with pytest.raises(UserError, match=r"finetune/a/metrics\.json: not a whole record"):
        read_run(path, "as_published")


def test_lost_predictions_of_a_selected_run_are_told(tmp_path):
    record = write(tmp_path / "runs", "a", 0.5, 0.5)
    results = select([CELL], tmp_path / "runs", "as_published", True, METRICS)
    with pytest.raises(UserError, match=str(record.parent / "predictions.npz")):
        select_runs.keep_predictions(results, tmp_path / "runs", tmp_path / "kept")
