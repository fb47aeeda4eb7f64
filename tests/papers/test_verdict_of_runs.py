"""The verdict of a study of runs: what it has measured counts, and nothing else."""

import importlib
import sys

import pandas as pd
import pytest
from published import ACCURACIES, FOLDER, ROOT, TOP1, VALUES
from views import made_table

from transfer.data.dataset import read_datasets
from transfer.study.study import read_study

STUDY = ROOT / "config" / "studies" / "fang2023.yaml"
DATASETS = ROOT / "config" / "datasets.yaml"
MODELS = ROOT / "config" / "models.tsv"


def run_script(monkeypatch, name: str, *arguments) -> None:
    module = importlib.import_module(name)
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    module.main()


def verdict_of(monkeypatch, tmp_path, values: dict[tuple[str, str], float]) -> tuple[list, str]:
    """The rows of verdict.csv as (table, row, column), and verdict.md, of a partial study."""
    metrics = {name: dataset.metric for name, dataset in read_datasets(DATASETS).items()}
    cells = [
        {
            "dataset": dataset,
            "model": model,
            "recipe": part.recipe,
            "metric": metrics[dataset],
            "value": values.get((model, dataset)),
            "n_runs": 60 if (model, dataset) in values else 0,
            "n_expected": 60,
            "n_diverged": 0,
        }
        for part in read_study(STUDY).parts.values()
        for dataset in part.datasets
        for model in part.models
    ]
    pd.DataFrame(cells).assign(hp="", best_epoch="").to_csv(tmp_path / "results.csv", index=False)
    given = ["--results", tmp_path / "results.csv", "--study", STUDY]
    given += ["--models", MODELS, "--datasets", DATASETS, *ACCURACIES]
    tables = [tmp_path / f"{name}.csv" for name in ("table02", "table12")]
    for path, view in zip(tables, ("correlation", "f_tests"), strict=True):
        made_table(view, path, *given)
    output = tmp_path / "verdict.csv"
    published = ["--published", FOLDER, "--output", output]
    run_script(monkeypatch, "verdict", *given, "--tables", *tables, *published)
    rows = pd.read_csv(output)[["table", "row", "column"]]
    return list(rows.itertuples(index=False, name=None)), output.with_suffix(".md").read_text()


def test_a_study_without_runs_agrees_with_nothing(monkeypatch, tmp_path):
    """Not with the ImageNet accuracies, which it takes from the paper."""
    rows, words = verdict_of(monkeypatch, tmp_path, {})
    assert rows == []
    assert words.startswith("Nothing that the paper prints has been measured here yet.")


@pytest.mark.parametrize(("value", "agreeing"), [(0.6359, 1), (0.7012, 0)])
def test_one_finished_cell_is_one_number(monkeypatch, tmp_path, value, agreeing):
    rows, words = verdict_of(monkeypatch, tmp_path, {("alexnet", "cct20"): value})
    assert rows == [("table03", "alexnet", "cct20")]
    assert words.startswith(f"{agreeing} of 1 printed numbers")


def test_a_correlation_over_some_of_the_models_is_not_compared(monkeypatch, tmp_path):
    """Table 2 of three models says nothing of the paper's, which is of fourteen."""
    better = list(TOP1.index[TOP1 > 0.7])
    three = {(model, "cct20"): VALUES.loc[model, "cct20"] for model in better[:3]}
    rows, _ = verdict_of(monkeypatch, tmp_path, three)
    assert {table for table, _, _ in rows} == {"table03"}
    all_better = {(model, "cct20"): VALUES.loc[model, "cct20"] for model in better}
    rows, words = verdict_of(monkeypatch, tmp_path, all_better)
    assert rows[-2:] == [("table02", "cct20", "correlation"), ("table02", "cct20", "slope")]
    assert len(rows) == 14 + 2
    assert words.startswith("16 of 16 printed numbers")


def test_a_correlation_above_another_threshold_is_not_compared(monkeypatch, tmp_path):
    study = tmp_path / "fang2023.yaml"
    study.write_text(STUDY.read_text().replace("threshold: 70", "threshold: 65"))
    monkeypatch.setattr(sys.modules[__name__], "STUDY", study)
    every = {(model, "cct20"): VALUES.loc[model, "cct20"] for model in VALUES.index}
    rows, words = verdict_of(monkeypatch, tmp_path, every)
    assert {table for table, _, _ in rows} == {"table03"}
    assert "Not compared: table02, which the paper has above 70 %." in words
