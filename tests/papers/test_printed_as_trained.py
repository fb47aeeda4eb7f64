"""The printed numbers fed in as if they had been trained give what the printed study shows."""

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from published import FOLDER, ROOT
from trained import DATASETS, STUDY, given, printed_results
from views import drawn, made_table

from transfer.data.dataset import read_datasets
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results
from transfer.papers.published_intervals import published_intervals
from transfer.study.study import Study, read_study
from transfer.study.views import Shown

PRINTED = ROOT / "config" / "studies" / "published" / "fang2023.yaml"
# Shown by both studies, and computed from values or distances alone.
TABLES = ["table02", "table03", "table11", "table12", "table13"]
FIGURES = ["figure1", "figure3", "figure4", "figure5", "figure9"]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, list]:
    """What the views of the trained and of the printed study are given."""
    folder = tmp_path_factory.mktemp("both")
    paper, printed = read_paper(FOLDER), read_study(PRINTED)
    printed_results(folder / "trained" / "results.csv")
    results = published_results(paper, printed, read_datasets(DATASETS))
    results.to_csv(folder / "results.csv", index=False)
    # The intervals of the one are the other's too: those of a trained study need its predictions.
    intervals = published_intervals(paper, results, 0.95)
    intervals.to_csv(folder / "intervals.csv", index=False)
    published_fid(paper).to_csv(folder / "fid.csv", index=False)
    more = ["--fid", folder / "fid.csv", "--intervals", folder / "intervals.csv"]
    return {
        "trained": [*given(folder / "trained" / "results.csv"), *more],
        "printed": [*given(folder / "results.csv", PRINTED), *more],
    }


def shown(kind: str, number: str) -> list[tuple[str, Shown]]:
    """A figure or table in the trained study and in the printed one."""
    found = []
    for name, path in (("trained", STUDY), ("printed", PRINTED)):
        study: Study = read_study(path)
        found.append((name, getattr(study, kind)[number]))
    return found


@pytest.mark.parametrize("number", TABLES)
def test_tables_have_the_same_numbers(files, tmp_path, number):
    made = {}
    for name, line in shown("tables", number):
        more = ["--printed", FOLDER / f"{line.printed}.csv"] if line.printed else []
        output = tmp_path / f"{name}.csv"
        made_table(line.view, output, *files[name], *more, **line.options)
        made[name] = pd.read_csv(output)
    columns = [column for column in made["printed"] if column in made["trained"]]
    assert set(columns) == set(made["printed"].columns) and len(columns) > 1
    pd.testing.assert_frame_equal(made["trained"][columns], made["printed"])


def test_table_7_is_the_printed_one(files, tmp_path):
    line = read_study(STUDY).tables["table07"]
    more = ["--printed", FOLDER / "table07.csv"]
    made_table(line.view, tmp_path / "made.csv", *files["trained"], *more, **line.options)
    made = pd.read_csv(tmp_path / "made.csv")
    printed = pd.read_csv(FOLDER / "table07.csv").drop(columns="pretraining_augmentation")
    pd.testing.assert_frame_equal(made[list(printed)], printed)
    text = (tmp_path / "made.md").read_text(encoding="utf-8")
    assert "72.02 (72.02)" in text and "0.9302 (0.9302)" in text


def plotted(figure: Figure) -> list:
    """All that is drawn as data, panel by panel: points, lines, bands and bars, with colours."""
    panels = []
    for ax in figure.axes:
        marks = [
            (
                [np.asarray(path.vertices).round(9).tolist() for path in mark.get_paths()],
                np.asarray(mark.get_offsets()).round(9).tolist(),
                [to_hex(color) for color in mark.get_edgecolor()],
            )
            for mark in ax.collections
        ]
        lines = [
            (np.asarray(line.get_xydata()).round(9).tolist(), to_hex(line.get_color()))
            for line in ax.get_lines()
        ]
        panels.append((ax.get_title("left"), ax.get_title("right"), marks, lines))
    return panels


@pytest.mark.parametrize("number", FIGURES)
def test_figures_have_the_same_data(files, number):
    found = []
    for name, line in shown("figures", number):
        # The printed study shows its distances alone, the trained one also the paper's beside.
        figure = drawn(line.view, *files[name], **line.options)
        found.append(plotted(figure))
    assert found[0] == found[1]
    assert sum(len(marks) + len(lines) for _, _, marks, lines in found[0]) > 1


def test_a_value_that_differs_is_noticed(files, tmp_path):
    """So that the comparison is one."""
    cells = pd.read_csv(files["trained"][1])
    cells.loc[0, "value"] += 0.01
    cells.to_csv(tmp_path / "results.csv", index=False)
    other = ["--results", tmp_path / "results.csv", *files["trained"][2:]]
    one, changed = (plotted(drawn("sizes", *read)) for read in (files["printed"], other))
    assert one != changed and one[1:] == changed[1:]


@pytest.mark.parametrize(("number", "columns"), [("table04", None), ("table14", ["augmentation"])])
def test_facts_of_the_models_are_those_printed(files, tmp_path, number, columns):
    """But for what the libraries state otherwise of the weights that are trained."""
    line = read_study(STUDY).tables[number]
    assert line.options == ({"columns": columns} if columns else {})
    more = ["--printed", FOLDER / f"{number}.csv"]
    made_table(line.view, tmp_path / "made.csv", *files["trained"], *more, **line.options)
    made = pd.read_csv(tmp_path / "made.csv").set_index("model")
    printed = pd.read_csv(FOLDER / f"{number}.csv").set_index("model")
    assert list(made.index) == list(printed.index)
    if number == "table14":
        spaces = [
            column.str.replace(" ", "") for column in (made.augmentation, printed.augmentation)
        ]
        assert spaces[0].to_dict() == spaces[1].to_dict()
        return
    differs = (made["imagenet_top1"].round(1) - printed["imagenet_top1"]).abs() > 0.05
    named = {"vit_base_patch16", "convnext_tiny", "pnasnet5large", "efficientnet_b4"}
    assert set(made.index[differs]) == named
    apart = (made["parameters_millions"] / printed["parameters_millions"] - 1).abs() > 0.05
    assert list(made.index[apart]) == ["vit_base_patch16"]


def test_the_sizes_printed_are_table_1_of_what_is_prepared(tmp_path):
    """Prepared as the paper prints them, the datasets give its Table 1."""
    printed = pd.read_csv(FOLDER / "table01.csv")
    datasets = read_datasets(DATASETS)
    folders = []
    for row in printed.to_dict("records"):
        folder = tmp_path / row["dataset"]
        folder.mkdir()
        counts = {"train": row["train_size"], "val": row["eval_size"]}
        summary = {
            "dataset": row["dataset"],
            "name": datasets[row["dataset"]].name,
            "short_name": datasets[row["dataset"]].short_name,
            "metric": row["metric"],
            "classes": [str(n) for n in range(row["classes"])],
            "counts": counts,
            "published": None,
            "published_note": None,
            "leakage": {"identical_images_across_splits": 0, "rows_concerned": 0},
        }
        (folder / "summary.json").write_text(json.dumps(summary))
        folders.append(folder / "index.csv")
    reported = json.dumps(dict.fromkeys(printed["dataset"], "val"))
    more = ["--reported", reported, "--prepared", *folders, "--datasets", DATASETS]
    made_table("prepared_datasets", tmp_path / "made.csv", *more)
    made = pd.read_csv(tmp_path / "made.csv")
    pd.testing.assert_frame_equal(made[list(printed)], printed)
