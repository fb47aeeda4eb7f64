"""Views of kept predictions, and the answers to a paper, from runs that were really trained."""

import numpy as np
import pandas as pd
import pytest
import yaml
from demo_study import make, part_of_the_demo

# Eighteen runs, then as many figures and tables as a study has.
pytestmark = pytest.mark.long
DATASETS = ["digits_rare", "digits_multilabel"]
MODELS = ["mobilenetv3_small_050", "lcnet_050", "mnasnet_small"]
FIGURES = {
    "figure4": {"view": "against_imagenet", "intervals": True},
    "figure5": {"view": "against_imagenet", "through": "spline"},
    "figure7": {"view": "by_metric", "dataset": "digits_rare"},
    "figure9": "sizes",
    "figure_reproduced": {"view": "reproduced", "printed": "table03"},
}
TABLES = {
    "table01": "prepared_datasets",
    "table04": "models",
    "table_thresholds": {"view": "thresholds", "dataset": "digits_multilabel"},
    "table_statements": "answers",
    "table_reproduced": {"view": "reproduced", "printed": "table03"},
}


@pytest.fixture(scope="module")
def made_study(tmp_path_factory):
    """The miniature with the views of fang2023 that need predictions, compared with that paper."""
    project = part_of_the_demo(tmp_path_factory.mktemp("views") / "study", DATASETS, MODELS)
    path = project / "config/studies/demo.yaml"
    study = yaml.safe_load(path.read_text()) | {"figures": FIGURES, "tables": TABLES}
    path.write_text(yaml.safe_dump(study | {"paper": "fang2023"}))
    done = make(project, "demo")
    assert "rule resample_images" in done.stdout or "Resampling the test images" in done.stdout
    return project


def test_every_selected_value_has_an_interval_about_it(made_study):
    results = pd.read_csv(made_study / "results/demo/results.csv")
    intervals = pd.read_csv(made_study / "results/demo/intervals.csv")
    both = results.merge(intervals, on=["dataset", "model", "recipe"])
    assert len(both) == len(results) == len(DATASETS) * len(MODELS)
    assert (both["lower"] <= both["value"]).all() and (both["value"] <= both["upper"]).all()
    values = np.load(made_study / "results/demo/resamples.npz")["values"]
    assert values.shape == (len(results), 2000)
    assert np.allclose(np.nanmean(values, axis=1), results["value"], atol=0.05)


def test_statements_that_the_study_cannot_decide_say_why(made_study):
    statements = pd.read_csv(made_study / "results/demo/statements.csv").set_index("id")
    assert statements.loc["slope_cct20", "why"] == "rests on CCT-20, which this study lacks"
    # What is prepared here is no CCT-20 either; the number of models is another.
    assert statements.loc["cct20_class_count", "answer"] == "cannot tell"
    assert statements.loc["model_count", ["answer", "recomputed"]].tolist() == ["does not hold", 3]


def test_thresholds_serve_images_that_did_not_choose_them(made_study):
    table = pd.read_csv(made_study / "results/demo/tables/table_thresholds.csv")
    assert list(table["model"]) == MODELS
    assert (table["own"] >= table["carried"]).all()
    assert table["carried"].between(0, 1).all()


def test_the_page_shows_all_of_them(made_study):
    page = (made_study / "results/demo/paper.html").read_text(encoding="utf-8")
    assert all(number in page for number in [*FIGURES, *TABLES])
    assert "no value yet" in (made_study / "results/demo/figures/figure_reproduced.svg").read_text()
