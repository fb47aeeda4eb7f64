"""The folders of the papers beside fang2023 are whole, as a study finds them."""

from pathlib import Path

import pytest

from transfer.data.dataset import read_datasets
from transfer.papers.checks import check_paper
from transfer.results.table import printed_top1

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"


@pytest.mark.parametrize(
    ("name", "year", "arxiv"),
    [("kornblith2019", 2019, "1805.08974"), ("ngiam2018", 2018, "1811.07056")],
)
def test_each_folder_is_whole(name, year, arxiv):
    paper = check_paper(PUBLISHED / name, read_datasets(ROOT / "config" / "datasets.yaml"))
    assert (paper.year, paper.arxiv) == (year, arxiv)


def test_imagenet_accuracies_are_those_of_the_networks_trained_for_the_study():
    paper = check_paper(PUBLISHED / "kornblith2019", {})
    top1 = printed_top1(paper.top1_tables)
    assert len(top1) == 16
    assert min(top1, key=top1.get) == "mobilenet_v2" and max(top1, key=top1.get) == "nasnet_large"
