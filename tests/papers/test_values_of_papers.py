"""The values of a part, from a wide table, from one row of it, and from a long table."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from transfer.data.dataset import read_datasets
from transfer.drawing.style import model_styles
from transfer.errors import UserError
from transfer.papers.checks import check_paper, study_problems
from transfer.papers.paper import read_paper
from transfer.papers.published import printed_values
from transfer.papers.verdict import compare_claims
from transfer.results.table import models_table, printed_top1
from transfer.study.model import PrintedModel, read_models, read_shown_models
from transfer.study.study import Part, Study, read_study
from transfer.study.views import Shown

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"
DATASETS = read_datasets(ROOT / "config" / "datasets.yaml")


def test_values_of_a_long_table_keep_its_order_and_digits():
    paper = read_paper(PUBLISHED / "kornblith2019")
    values = printed_values(paper, "random_initialization")
    assert values.shape == (16, 12)
    assert list(values)[:2] == ["food101", "cifar10"] and values.index[0] == "inception_v1"
    assert values.loc["inception_v4", "aircraft"] == "88.80"
    tuned = printed_values(paper, "main")
    assert tuned.loc["inception_v4", "aircraft"] == "88.98"


def test_values_of_one_row_are_those_of_its_model():
    values = printed_values(read_paper(PUBLISHED / "ngiam2018"), "main")
    assert list(values.index) == ["inception_v3"]
    assert values.loc["inception_v3", "birdsnap"] == "81.7"


def test_a_paper_names_its_own_networks():
    tables = [ROOT / "config" / "models.tsv", *read_paper(PUBLISHED / "kornblith2019").model_tables]
    models = read_shown_models(tables)
    assert models["nasnet_mobile"] == PrintedModel("nasnet_mobile", "NASNet-A Mobile", "nasnet")
    # Its name of a network that is in both is the one that its study shows.
    assert models["resnet50"].name == "ResNet-50 v1" and models["alexnet"].name == "AlexNet"
    # Of a family whose sizes are not known no network counts as the largest.
    styles = model_styles(models_table(models))
    assert not any(styles[name].filled for name in ("inception_v4", "nasnet_large"))
    assert styles["efficientnet_b4"].filled and not styles["efficientnet_b0"].filled


def printed_study(name: str, **changed) -> Study:
    study = read_study(ROOT / "config" / "studies" / "published" / f"{name}.yaml")
    return replace(study, **changed)


@pytest.mark.parametrize("named", [True, False])
def test_a_network_of_no_table_is_named_with_the_places_where_it_may_be_added(named):
    paper = read_paper(PUBLISHED / "ngiam2018")
    paper = paper if named else replace(paper, models="")
    part = Part(("cars",), ("inception_v33", "resnet50"), "finetune")
    study = printed_study("ngiam2018", parts={"main": part})
    (problem,) = study_problems(study, paper, DATASETS, read_models(ROOT / "config/models.tsv"))
    assert problem.startswith("parts.main.models: 'inception_v33' is neither in ")
    own = "networks.csv" if named else "paper.yaml"
    assert own in problem and "nor in config/models.tsv: add a row to one of them" in problem


def test_a_network_of_the_paper_alone_has_no_accuracy_of_a_library():
    paper = read_paper(PUBLISHED / "ngiam2018")
    tables = {"table01": Shown("values")}
    study = printed_study("ngiam2018", tables=tables)
    (problem,) = study_problems(study, paper, DATASETS, read_models(ROOT / "config/models.tsv"))
    assert problem.startswith("imagenet_top1: no library states an accuracy of 'inception_v3'")


def test_a_view_of_sizes_needs_the_paper_to_name_their_table():
    paper = replace(read_paper(PUBLISHED / "kornblith2019"), sizes="")
    models = read_models(ROOT / "config/models.tsv")
    (problem,) = study_problems(printed_study("kornblith2019"), paper, DATASETS, models)
    assert problem.startswith("a view reads the sizes of datasets") and "`sizes:`" in problem


@pytest.mark.parametrize("name", ["fang2023", "kornblith2019", "ngiam2018"])
def test_each_paper_is_whole(name):
    check_paper(PUBLISHED / name, DATASETS)


def test_imagenet_accuracies_of_the_networks():
    top1 = printed_top1(read_paper(PUBLISHED / "kornblith2019").top1_tables)
    assert len(top1) == 16 and top1["nasnet_large"] == 80.77


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("value: accuracy", "value: acuracy", "values.main: figure2.csv has no column acuracy"),
        ("where: {setting", "where: {seting", "values.main: figure2.csv has no column seting"),
        ("table: figure2", "table: figure22", "values.main: there is no .*figure22.csv"),
    ],
)
def test_values_that_are_not_there_are_named(tmp_path, old, new, says):
    folder = tmp_path / "kornblith2019"
    folder.mkdir()
    for path in (PUBLISHED / "kornblith2019").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    text = (folder / "paper.yaml").read_text()
    (folder / "paper.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=says):
        check_paper(folder, DATASETS)


def test_a_statement_agrees_within_what_its_readings_leave_open():
    claims = pd.DataFrame(
        {
            "id": ["pairs", "exact"],
            "section": ["4.2", "4.2"],
            "printed": ["179", "179"],
            "reading_error": ["3", "0"],
        }
    )
    near, exact = compare_claims(claims, {"pairs": 178, "exact": 178})
    assert near.agrees and near.tolerance == 3.5 and near.difference == -1
    assert not exact.agrees and exact.tolerance == 0.5
