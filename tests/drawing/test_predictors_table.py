"""The table of predictors: the baselines always, scores of features where asked for."""

from pathlib import Path

import pandas as pd
import pytest
import trained
from published import FOLDER, MAIN, SIX, TOP1, VALUES
from scipy import stats
from views import made_table

from transfer.results.prediction import BASELINES, LABELS, PREDICTORS
from transfer.study.views import read_view


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "results.csv"
    trained.printed_results(path)
    return path


def rows(path: Path) -> pd.DataFrame:
    return pd.read_csv(path).set_index(["dataset", "predictor"])


def test_the_baselines_are_shown_without_anything_that_was_computed(results, tmp_path):
    path = tmp_path / "table01.csv"
    made_table("predictors", path, *trained.given(results))
    table = rows(path)
    assert list(table.index) == [(d, p) for d in (*SIX, "mean") for p in BASELINES]
    parameters = pd.read_csv("config/models.tsv", sep="\t").set_index("model")["parameters"]
    for dataset in SIX:
        expected = stats.spearmanr(TOP1, VALUES[dataset]).statistic
        assert table.loc[(dataset, "imagenet_top1"), "rho"] == pytest.approx(expected)
        expected = stats.spearmanr(parameters[MAIN.index], VALUES[dataset]).statistic
        assert table.loc[(dataset, "parameters"), "rho"] == pytest.approx(expected)
        assert (table.loc[dataset, "models"] == 19).all()
        between = table.loc[dataset]
        assert ((between["lower"] < between["rho"]) & (between["rho"] < between["upper"])).all()
    means = table.loc[SIX, "rho"].groupby("predictor").mean()
    assert table.loc["mean", "rho"].to_dict() == pytest.approx(means.to_dict())


def test_scores_of_features_never_come_without_the_baselines(results, tmp_path):
    """LogME says the right order on one dataset, k-NN its reverse; the others are not there."""
    cells = [("cct20", "logme", 1), ("cct20", "knn", -1)]
    scores = [
        {"dataset": d, "model": m, "predictor": name, "value": sign * VALUES.loc[m, d]}
        for d, name, sign in cells
        for m in VALUES.index[:17]
    ]
    # Three models are too few for an interval.
    scores += [
        {"dataset": "hpa", "model": m, "predictor": "logme", "value": i}
        for i, m in enumerate(VALUES.index[:3])
    ]
    predictors = tmp_path / "predictors.csv"
    pd.DataFrame(scores).to_csv(predictors, index=False)
    path = tmp_path / "table01.csv"
    given = [*trained.given(results), "--predictors", predictors]
    made = made_table("predictors", path, *given, features=True)
    table = rows(path)
    assert list(table.loc["cct20"].index) == list(LABELS) == [*BASELINES, *PREDICTORS]
    assert table.loc[("cct20", "logme"), "rho"] == pytest.approx(1)
    assert table.loc[("cct20", "knn"), "rho"] == pytest.approx(-1)
    assert table.loc[("cct20", "knn"), "models"] == 17
    assert pd.isna(table.loc[("hpa", "logme"), "rho"])
    assert table.loc[("hpa", "logme"), "models"] == 3
    assert table.loc[("cct20", "imagenet_top1"), "models"] == 19
    assert any(note.startswith("A dash: fewer than 4 models") for note in made.notes)


def test_it_reads_predictors_only_where_they_are_asked_for():
    view = read_view("tables", "predictors")
    assert view.reads_with({}) == ("results", "printed")
    assert view.reads_with({"features": True}) == ("results", "printed", "predictors")


def test_the_papers_values_are_a_ground_truth_beside_ones_own(results, tmp_path):
    """Own values in reverse: the printed ones still say what they said."""
    cells = pd.read_csv(results)
    turned = cells.assign(value=1 - cells["value"])
    turned.to_csv(tmp_path / "results.csv", index=False)
    path, printed = tmp_path / "table01.csv", FOLDER / "table03.csv"
    given = [*trained.given(tmp_path / "results.csv"), "--printed", printed]
    made_table("predictors", path, *given)
    table = rows(path)
    for dataset in SIX:
        expected = stats.spearmanr(TOP1, VALUES[dataset]).statistic
        both = table.loc[(dataset, "imagenet_top1")]
        assert both["printed_rho"] == pytest.approx(expected)
        assert both["rho"] == pytest.approx(-expected)
        assert both["models"] == both["printed_models"] == 19
    assert table.loc["mean", "printed_rho"].tolist() == pytest.approx(
        (-table.loc["mean", "rho"]).tolist()
    )
