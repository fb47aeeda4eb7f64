"""Selection of the best run: partial grids, diverged runs, honest selection, rejected records."""

import copy
import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import select_runs
from transfer.errors import UserError
from transfer.results.selection import select
from transfer.study.grid import Cell
from transfer.training.accepted import BY_NAME, IDENTICAL, Acceptance

CELL = Cell("pets", "resnet50", "finetune", ("a", "b", "c"))
METRICS = {"pets": "accuracy"}


def record(hp: str, value: float | None, chosen: float | None = None, /, **changed):
    """A run of two epochs, the second the best; without a value it diverged in its first."""
    chosen = value if chosen is None else chosen

    def entry(epoch, selection, report):
        return {
            "epoch": epoch, "learning_rate": 0.1, "loss": 1.0,
            "selection": {"accuracy": selection}, "report": {"accuracy": report},
            "training_seconds": 1, "evaluation_seconds": 1, "images_per_second": 10,
        }  # fmt: skip

    diverged = {"selection": None, "report": None, "loss": None}
    history = (
        [entry(1, 0, 0) | diverged]
        if value is None
        else [entry(1, -1, 0.9), entry(2, chosen, value)]
    )
    settings = {
        "dataset": {"name": "pets", "digest": "0"},
        "model": {"name": "resnet50", "weights": "random"},
        "recipe": {"name": "finetune", "epochs": 2, "seed": 0},
        "hp": {"name": hp},
        "precision": "float32",
        "code": "new",
    }
    return {
        "status": "diverged" if value is None else "completed",
        "dataset": "pets", "model": "resnet50", "recipe": "finetune", "hp": hp,
        "weights": "random", "metric": "accuracy", "value": value,
        "best_epoch": None if value is None else 2,
        "metrics": None if value is None else {"accuracy": value},
        "selection_split": "val", "report_split": "test", "history": history,
        "seconds": 4, "images_per_second": 10, "images_per_epoch": 10, "batch_size": 8,
        "micro_batch": 8, "device": "a GPU", "card": None, "precision": "float32", "code": "new",
        "seed": 0, "versions": {"torch": "2.13.0"}, "settings": settings,
    } | changed  # fmt: skip


def settings_of(key: str, name: str) -> dict:
    """Settings of run `a`, but for the name of one of its parts."""
    settings = record("a", 0.5)["settings"]
    return settings | {key: settings[key] | {"name": name}}


def write(runs: Path, point: str, *values: float | None, **changed) -> Path:
    path = runs / "pets" / "resnet50" / "finetune" / point / "metrics.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record(point, *values, **changed)))
    return path


def selected(runs: Path, selection="as_published", partial=False, **options):
    return select([CELL], runs, selection, partial, METRICS, **options).iloc[0]


def test_the_highest_value_wins_and_ties_keep_the_earlier_run(tmp_path):
    for hp, value in (("a", 0.5), ("b", 0.8), ("c", 0.8)):
        write(tmp_path, hp, value, 0.1)
    row = selected(tmp_path)
    assert (row.hp, row.value, row.n_runs, row.n_expected, row.n_diverged) == ("b", 0.8, 3, 3, 0)
    assert (row.precision, row.device, row.micro_batch) == ("float32", "a GPU", "")


def test_an_honest_choice_looks_at_the_selection_split_alone(tmp_path):
    for hp, value, chosen in (("a", 0.5, 0.9), ("b", 0.8, 0.2), ("c", 0.7, 0.3)):
        write(tmp_path, hp, value, chosen)
    row = selected(tmp_path, "honest")
    assert (row.hp, row.value) == ("a", 0.5)


@pytest.mark.parametrize(
    ("selection", "hp", "value"), [("as_published", "a", 0.4), ("honest", "b", 0.3)]
)
def test_a_study_compares_runs_by_another_metric_that_they_record(tmp_path, selection, hp, value):
    """At the epoch that the dataset's own metric chose, 2, though another was better in 1."""
    cell = replace(CELL, metric="macro_f1")
    for point, accuracy, report, chosen in (("a", 0.5, 0.4, 0.1), ("b", 0.8, 0.3, 0.2)):
        whole = record(point, accuracy)
        for epoch, (reported, selected_by) in zip(
            whole["history"], ((0.9, 0.9), (report, chosen)), strict=True
        ):
            epoch["report"]["macro_f1"] = reported
            epoch["selection"]["macro_f1"] = selected_by
        metrics = {"accuracy": accuracy, "macro_f1": report}
        write(tmp_path, point, accuracy, history=whole["history"], metrics=metrics)
    write(tmp_path, "c", None)
    (row,) = select([cell], tmp_path, selection, False, METRICS).to_dict("records")
    assert (row["metric"], row["hp"], row["value"]) == ("macro_f1", hp, value)


def test_a_metric_that_a_run_does_not_record_is_refused_by_name(tmp_path):
    path = write(tmp_path, "a", 0.5)
    cell = replace(CELL, metric="macro_f1", hps=("a",))
    with pytest.raises(
        UserError, match="records accuracy, and the study compares by macro_f1"
    ) as e:
        select([cell], tmp_path, "as_published", False, METRICS)
    assert f"delete {path.parent} and start" in str(e.value)


def test_an_honest_choice_on_the_reported_split_is_refused(tmp_path):
    write(tmp_path, "a", 0.5, 0.5, report_split="val")
    with pytest.raises(UserError, match="finetune_holdout"):
        selected(tmp_path, "honest", partial=True)


def test_a_run_that_diverged_in_its_first_epoch_counts_and_is_never_selected(tmp_path):
    write(tmp_path, "a", None)
    write(tmp_path, "b", 0.2)
    write(tmp_path, "c", None)
    row = selected(tmp_path)
    assert (row.hp, row.value, row.n_diverged) == ("b", 0.2, 2)


@pytest.mark.parametrize(("diverged", "hp"), [("compete", "a"), ("discard", "b")])
def test_a_run_that_diverged_later_competes_with_its_best_epoch_before(tmp_path, diverged, hp):
    whole = record("a", 0.9)
    last = whole["history"][1] | {"epoch": 3, "selection": None, "report": None, "loss": None}
    write(tmp_path, "a", 0.9, status="diverged", history=[*whole["history"], last])
    write(tmp_path, "b", 0.2)
    write(tmp_path, "c", 0.1)
    row = selected(tmp_path, diverged=diverged)
    assert (row.hp, row.n_diverged, row.n_runs) == (hp, 1, 3)


def test_a_cell_that_diverged_everywhere_has_no_value(tmp_path):
    for hp in CELL.hps:
        write(tmp_path, hp, None)
    row = selected(tmp_path)
    assert row.hp == "" and row.isna()["value"] and row.n_diverged == 3


def test_a_missing_run_is_refused_by_name_unless_partial(tmp_path):
    write(tmp_path, "a", 0.5)
    with pytest.raises(UserError, match=r"2 runs are missing(.|\n)*finetune/b/metrics.json"):
        selected(tmp_path)
    row = selected(tmp_path, partial=True)
    assert (row.hp, row.n_runs, row.n_expected) == ("a", 1, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": float("nan")}, "NaN is not valid JSON"),
        ({"value": 99.0}, "99.0 is greater than the maximum"),
        ({"value": -0.1}, "-0.1, which accuracy cannot take"),
        ({"value": 0.4}, "its history or metrics say otherwise"),
        ({"best_epoch": 1}, "its history or metrics say otherwise"),
        ({"best_epoch": 3}, "best epoch at 3, of 2"),
        ({"value": None, "best_epoch": None}, "has no metrics"),
        ({"status": "diverged"}, "is diverged, and not in its last epoch"),
        ({"history": record("a", 0.5)["history"][:1]}, "completed after 1 of 2 epochs"),
        ({"model": "resnet18"}, "is of model 'resnet18', and 'resnet50' belongs here"),
        ({"dataset": "dtd"}, "is of dataset 'dtd', and 'pets' belongs here"),
        ({"recipe": "other"}, "is of recipe 'other', and 'finetune' belongs here"),
        ({"hp": "b"}, "is of hp 'b', and 'a' belongs here"),
        ({"metric": "roc_auc"}, "its history or metrics say otherwise"),
        ({"metrics": {"accuracy": 0.6}}, "its history or metrics say otherwise"),
        ({"seed": 3}, "has seed 3, and 0 in its settings"),
        ({"precision": "bfloat16"}, "has precision bfloat16, and float32 in its settings"),
        ({"weights": "V2"}, "has weights V2, and random in its settings"),
        ({"settings": record("b", 0.5)["settings"]}, "has settings of another hp"),
        ({"settings": settings_of("dataset", "dtd")}, "has settings of another dataset"),
        ({"settings": settings_of("model", "resnet18")}, "has settings of another model"),
        ({"settings": settings_of("recipe", "other")}, "has settings of another recipe"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_record_that_cannot_be_true_is_refused_by_name(tmp_path, change, message):
    path = write(tmp_path, "a", 0.5, **change)
    with pytest.raises(UserError) as error:
        selected(tmp_path, partial=True)
    assert str(path) in str(error.value) and message in str(error.value)


def test_a_truncated_record_is_refused_by_name(tmp_path):
    path = write(tmp_path, "a", 0.5)
    path.write_text(path.read_text()[:40])
    with pytest.raises(UserError, match=r"finetune/a/metrics\.json: is no true record"):
        selected(tmp_path, partial=True)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(
    ("key", "other", "copy_of_it", "words"),
    [
        ("dataset", {"name": "pets", "digest": "1"}, {}, "another dataset"),
        (
            "model",
            {"name": "resnet50", "weights": "V2"},
            {"weights": "V2"},
            "another model or its weights",
        ),
        ("recipe", {"name": "finetune", "epochs": 2, "seed": 1}, {"seed": 1}, "another recipe"),
        ("precision", "bfloat16", {"precision": "bfloat16"}, "another precision"),
        ("code", "old", {}, "another training code"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_with_the_command(
    tmp_path, partial, key, other, copy_of_it, words
):
    write(tmp_path, "a", 0.5)
    write(tmp_path, "b", 0.6)
    settings = copy.deepcopy(record("c", 0.9)["settings"]) | {key: other}
    odd = write(tmp_path, "c", 0.9, settings=settings, **copy_of_it)
    with pytest.raises(UserError, match=f"1 of its 3 runs were made with {words} .*: c") as error:
        selected(tmp_path, partial=partial)
    command = shlex.split(str(error.value).splitlines()[-1])
    assert command[0] == "snakemake" and command[-3:] == ["--force", "--", str(odd)]


@pytest.mark.parametrize(
    ("option", "key", "new", "old"),
    [
        ("expect-code", "code", "new", "old"),
        ("precision", "precision", "float32", "bfloat16"),
        (
            "expect-data",
            "dataset",
            {"name": "pets", "digest": "0"},
            {"name": "pets", "digest": "1"},
        ),
    ],
)
def test_the_odd_runs_are_those_unlike_the_study_though_they_are_the_more(
    tmp_path, option, key, new, old
):
    def place(hp, value):
        settings = record(hp, 0.5)["settings"] | {key: value}
        write(tmp_path, hp, 0.5, settings=settings, precision=settings["precision"])

    place("a", old)
    place("b", old)
    place("c", new)
    cells = tmp_path / "cells"
    text = cells / "pets/resnet50/finetune.txt"
    text.parent.mkdir(parents=True)
    text.write_text(f"--{option}={new['digest'] if isinstance(new, dict) else new}\n")
    with pytest.raises(UserError, match=r"2 of its 3 runs .* than the rest: a, b\."):
        selected(tmp_path, cells_folder=cells)
    # Without a description of the cell, what most have is taken for right.
    with pytest.raises(UserError, match=r"1 of its 3 runs .* than the rest: c\."):
        selected(tmp_path)
    place("c", old)
    with pytest.raises(UserError, match=r"3 of its 3 runs .* than the study has now: a, b, c\."):
        selected(tmp_path, cells_folder=cells)


@pytest.mark.parametrize(("how", "count"), [(IDENTICAL, 0), (BY_NAME, 3)])
def test_runs_of_an_older_code_that_counts_as_the_present_one_are_stated(tmp_path, how, count):
    for hp in CELL.hps:
        write(tmp_path, hp, 0.5)
    row = Acceptance("finetune", "present", "new", how, "why", "2026-01-01")
    accepted = {("finetune", "present"): row}
    cell = selected(tmp_path, code_of=lambda metric, recipe: "present", accepted=accepted)
    assert cell.n_accepted_by_name == count


def test_what_may_differ_is_stated(tmp_path):
    write(tmp_path, "a", 0.5, device="another GPU", code="edited")
    write(tmp_path, "b", 0.6, micro_batch=4)
    write(tmp_path, "c", 0.7, versions={"torch": "2.14.0"})
    said = Acceptance("finetune", "edited", "new", BY_NAME, "only a name", "2026-01-01")
    row = selected(
        tmp_path, code_of=lambda metric, recipe: "new", accepted={("finetune", "edited"): said}
    )
    assert row.device == "a GPU; another GPU"
    assert row.micro_batch == "4"
    assert row.versions == "torch 2.13.0; torch 2.14.0"
    assert row.n_accepted_by_name == 1


def test_lost_predictions_of_a_selected_run_are_named(tmp_path):
    path = write(tmp_path / "runs", "a", 0.5)
    results = select([CELL], tmp_path / "runs", "as_published", True, METRICS)
    with pytest.raises(UserError, match=str(path.parent / "predictions.npz")):
        select_runs.keep_predictions(results, tmp_path / "runs", tmp_path / "kept")
