"""The values of a part, from a wide table, from one row of it, and from a long table."""

from pathlib import Path

import pandas as pd
import pytest

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.papers.checks import check_paper
from transfer.papers.paper import read_paper
from transfer.papers.published import printed_values
from transfer.papers.verdict import compare_claims
from transfer.results.table import printed_top1

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
