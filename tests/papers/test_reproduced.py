"""Published values beside reproduced ones: which are compared, and how far they lie apart."""

import numpy as np
import pandas as pd
import pytest
from published import FOLDER, SIX, VALUES
from trained import GIVEN, STUDY, given, printed_results
from views import drawn, made_table

from transfer.errors import UserError
from transfer.papers.published import read_printed
from transfer.papers.reproduced import reproduced_values
from transfer.results.table import load_results

PRINTED = ["--printed", FOLDER / "table03.csv"]


@pytest.fixture
def study(tmp_path) -> list:
    """What the views are given of a study half a point above the paper, but for two cells."""
    cells = printed_results(tmp_path / "results.csv")
    cells["value"] += 0.005
    gone = (cells["model"] == "alexnet") & cells["dataset"].isin(["hpa", "eurosat"])
    cells["value"] = cells["value"].mask(gone)
    cells.to_csv(tmp_path / "results.csv", index=False)
    # A tight interval on Cassava, a wide one elsewhere, of some cells alone.
    reach = np.where(cells["dataset"] == "cassava", 0.001, 0.006)
    bounds = cells[["dataset", "model", "recipe"]].assign(
        lower=cells["value"] - reach, upper=(cells["value"] + reach).clip(upper=1), method="a bar"
    )
    bounds = bounds[cells["value"].notna() & (cells["dataset"] != "cct20")]
    bounds.to_csv(tmp_path / "intervals.csv", index=False)
    return [*given(tmp_path / "results.csv"), "--intervals", tmp_path / "intervals.csv"]


def test_each_printed_value_that_is_reproduced_is_a_row(study, tmp_path):
    made_table("reproduced", tmp_path / "table.csv", *study, *PRINTED)
    table = pd.read_csv(tmp_path / "table.csv")
    # CIFAR-10 is not printed, two cells have no value.
    assert len(table) == 19 * 6 - 2
    assert table["difference"].to_numpy() == pytest.approx(0.005)
    assert list(dict.fromkeys(table["dataset"])) == SIX
    by_dataset = table.groupby("dataset")["inside"]
    assert by_dataset.get_group("cct20").isna().all()
    assert not by_dataset.get_group("cassava").astype(bool).any()
    assert by_dataset.get_group("aptos").astype(bool).all()
    printed = table.set_index(["dataset", "model"])["published"]
    assert printed["aptos", "resnet50"] == VALUES.loc["resnet50", "aptos"]
    text = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "Cassava: \\|Δ\\| 0.50, 0 of 19 inside. EuroSAT: \\|Δ\\| 0.50, 18 of 18 inside." in text
    # Each value in the unit of its metric.
    assert "| 73.96 |" in " ".join(text.split()) and "| 0.9215 |" in " ".join(text.split())


def test_the_figure_has_a_point_for_each_and_the_line_of_equal_values(study):
    figure = drawn("reproduced", *study, *PRINTED)
    assert [ax.get_title("left") for ax in figure.axes][2] == "HPA"
    for ax, dataset in zip(figure.axes, SIX, strict=True):
        marks = [mark.get_offsets()[0] for mark in ax.collections if len(mark.get_offsets()) == 1]
        marked = np.array([mark for mark in marks if mark[0] > 0.1])
        expected = VALUES[dataset].drop("alexnet" if dataset in ("hpa", "eurosat") else [])
        assert sorted(marked[:, 0]) == pytest.approx(sorted(expected))
        assert marked[:, 1] - marked[:, 0] == pytest.approx(0.005)
        (equal,) = ax.get_lines()
        assert (equal.get_xdata() == equal.get_ydata()).all()
        assert ax.get_xlim() == ax.get_ylim()


def test_without_a_printed_table_it_is_named(study):
    results = load_results(study[1], STUDY, [GIVEN[1]], GIVEN[3], GIVEN[5:])
    intervals = pd.read_csv(study[-1])
    with pytest.raises(UserError, match="printed: table03"):
        reproduced_values(results, intervals, None, "main")
    printed = read_printed(FOLDER, "table03")
    missing = printed.assign(cct20="")
    assert "cct20" not in set(reproduced_values(results, intervals, missing, "main")["dataset"])


def test_no_value_yet_leaves_empty_panels(study, tmp_path):
    cells = pd.read_csv(study[1])
    cells.assign(value=np.nan, n_runs=0).to_csv(tmp_path / "empty.csv", index=False)
    figure = drawn("reproduced", *given(tmp_path / "empty.csv"), *study[-2:], *PRINTED)
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["no value yet"] * 6
