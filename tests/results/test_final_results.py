"""Final runs in the table of results, and the choice of the run that others start from."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_selection import METRICS, record, write

import choose_best
import select_runs
from transfer.errors import UserError
from transfer.results.choice import choose
from transfer.results.selection import select
from transfer.study.grid import Cell
from transfer.validation import read_table

POINTS = Cell("pets", "resnet50", "finetune", ("a", "b"))
CELL = Cell("pets", "resnet50", "finetune", ("a", "b"), finals=("final-0", "final-1"))


def write_final(runs: Path, seed: int, value: float | None, hp: str = "b", **changed) -> Path:
    """A final run of a point; its last epoch is reported, on train and val."""
    whole = record(hp, value)
    settings = changed.pop("settings", {})
    recipe = whole["settings"]["recipe"] | {"seed": seed, "train_splits": ["train", "val"]}
    history = [entry | {"selection": None} for entry in whole["history"]]
    whole |= {
        "seed": seed,
        "selection_split": "none",
        "history": history,
        "settings": whole["settings"] | {"recipe": recipe} | settings,
    }
    path = runs / "pets/resnet50/finetune" / f"final-{seed}" / "metrics.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(whole | changed))
    return path


@pytest.fixture
def runs(tmp_path) -> Path:
    """The grid: `a` has the higher reported value, `b` is chosen by the selection split."""
    folder = tmp_path / "runs"
    write(folder, "a", 0.9, 0.3)
    write(folder, "b", 0.6, 0.5)
    return folder


def selected(runs: Path, cell: Cell = CELL, partial=False, **options):
    return select([cell], runs, "as_published", partial, METRICS, **options).iloc[0]


def test_the_value_is_the_mean_over_final_runs_of_the_chosen_point(runs):
    write_final(runs, 0, 0.7)
    write_final(runs, 1, 0.8)
    row = selected(runs)
    assert (row.hp, row.n_seeds, row.n_runs, row.n_expected) == ("b", 2, 4, 4)
    assert row.value == pytest.approx(0.75) and row.value_std == pytest.approx(0.0707, abs=1e-4)
    assert (row.trained_on, row.reported_epoch, row.best_epoch) == ("train val", "last", 2)
    assert row.run == "final-0"


def test_a_final_run_that_diverged_is_counted_and_not_averaged(runs):
    write_final(runs, 0, None)
    write_final(runs, 1, 0.8)
    row = selected(runs)
    assert (row.value, row.n_seeds, row.n_diverged, row.run) == (0.8, 1, 1, "final-1")
    assert row.isna()["value_std"]


def test_without_a_final_run_there_is_no_value(runs):
    with pytest.raises(UserError, match=r"2 runs are missing(.|\n)*final-0/metrics.json"):
        selected(runs)
    row = selected(runs, partial=True)
    assert (row.n_runs, row.n_expected, row.n_seeds) == (2, 4, 0) and row.isna()["value"]


def test_a_final_run_of_another_point_is_refused(runs):
    write_final(runs, 0, 0.7, "a")
    with pytest.raises(
        UserError, match=r"final-0/metrics\.json: is of hp 'a', and 'b' belongs here"
    ):
        selected(runs, partial=True)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"settings": {"dataset": {"name": "pets", "digest": "1"}}}, "another dataset .*final-1"),
        ({"settings": {"code": "old"}}, "another training code .*final-1"),
        (
            {"settings": {"recipe": {"name": "finetune", "epochs": 2, "seed": 1}}},
            "another recipe .*final-[01]",
        ),
    ],
)
def test_final_runs_that_cannot_be_compared_are_refused_by_name(runs, changed, message):
    write_final(runs, 0, 0.7)
    write_final(runs, 1, 0.8, **changed)
    with pytest.raises(UserError, match=message):
        selected(runs)


def test_a_table_of_cells_with_and_without_final_runs_is_read_again(runs, tmp_path):
    write_final(runs, 0, 0.7)
    write_final(runs, 1, 0.8)
    for name in ("a", "final-0"):
        (runs / "pets/resnet50/finetune" / name / "predictions.npz").write_bytes(name.encode())
    with_finals = select([CELL], runs, "as_published", False, METRICS)
    results = tmp_path / "results.csv"
    results.write_text(with_finals.to_csv(index=False))
    assert read_table(results, "results").loc[0, "n_seeds"] == 2
    select_runs.keep_predictions(with_finals, runs, tmp_path / "kept")
    kept = tmp_path / "kept/pets/resnet50/finetune.npz"
    assert kept.read_bytes() == b"final-0"
    select_runs.keep_predictions(
        select([POINTS], runs, "as_published", False, METRICS), runs, tmp_path / "kept"
    )
    assert kept.read_bytes() == b"a"


def test_the_choice_is_by_the_selection_split_and_of_a_run_that_completed(runs):
    assert choose(POINTS, runs, "accuracy").hp == "b"
    whole = record("b", 0.6, 0.5)
    last = whole["history"][1] | {"epoch": 3, "selection": None, "report": None, "loss": None}
    write(runs, "b", 0.6, 0.5, status="diverged", history=[*whole["history"], last])
    assert choose(POINTS, runs, "accuracy").hp == "a"


def test_where_all_diverged_the_first_point_is_chosen(runs):
    write(runs, "a", None)
    write(runs, "b", None)
    best = choose(POINTS, runs, "accuracy")
    assert (best.hp, best.diverged) == ("a", True)


def test_a_choice_among_runs_that_cannot_be_compared_is_refused(runs):
    settings = record("b", 0.6)["settings"] | {"code": "old"}
    write(runs, "b", 0.6, 0.5, settings=settings)
    with pytest.raises(UserError, match="another training code"):
        choose(POINTS, runs, "accuracy")


def test_what_was_chosen_is_written_with_the_weights_that_it_left(runs, tmp_path, monkeypatch):
    write(runs, "b", 0.6, 0.5, kept_weights="0123")
    output = tmp_path / "best.json"
    cell = "--dataset=pets --model=resnet50 --recipe=finetune --metric=accuracy --hps a b"
    arguments = [*cell.split(), f"--runs={runs}", f"--output={output}"]
    monkeypatch.setattr("sys.argv", ["choose_best.py", *arguments])
    choose_best.main()
    assert json.loads(output.read_text()) == {
        "hp": "b",
        "run": f"{runs}/pets/resnet50/finetune/b/metrics.json",
        "status": "completed",
        "criterion": 0.5,
        "kept_weights": "0123",
    }


def test_a_study_that_compares_by_another_metric_keeps_the_choice(runs):
    for name, value in (("a", 0.2), ("b", 0.9)):
        path = runs / "pets/resnet50/finetune" / name / "metrics.json"
        whole = json.loads(path.read_text())
        for entry in whole["history"]:
            entry["selection"]["macro_f1"] = 1 - value
        path.write_text(json.dumps(whole))
    for seed in (0, 1):
        path = write_final(runs, seed, 0.7)
        whole = json.loads(path.read_text())
        whole["metrics"]["macro_f1"] = 0.4
        path.write_text(json.dumps(whole))
    row = selected(runs, replace(CELL, metric="macro_f1"))
    assert (row.hp, row.metric, row.value) == ("b", "macro_f1", pytest.approx(0.4))
