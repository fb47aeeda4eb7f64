"""The list of papers shows what their folders say and links to their pages."""

import shutil
import sys
from pathlib import Path

import pytest

import list_papers

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"
VERDICT = "table,row,column,published,recomputed,difference,tolerance,agrees,state\n"


@pytest.fixture
def listing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The list of fang2023 and of an older paper without a verdict, a link or a venue."""
    older = tmp_path / "older2019"
    older.mkdir()
    (older / "paper.yaml").write_text(
        "title: Older & <b>bold</b>\nauthors: [A. Uthor]\nyear: 2019\nsummary: One line.\n"
        "values: {main: table01}\n"
    )
    shutil.copytree(PUBLISHED / "fang2023", tmp_path / "fang2023")
    pages = []
    for name, rows in (
        (
            "fang2023",
            "t,r,c,1,1,0,0.5,True,agrees\nt,s,c,1,3,2,0.5,False,differs\n"
            "t,q,c,1,2,1,1.5,True,within_reading\n"
            "t,u,word,many,4,,,True,as_read\nt,v,word,many,1,,,False,as_read\n",
        ),
        (older.name, ""),
    ):
        folder = tmp_path / "published" / name
        folder.mkdir(parents=True)
        (folder / "verdict.csv").write_text(VERDICT + rows)
        pages.append(folder / "paper.html")
    output = tmp_path / "published" / "index.html"
    arguments = ["--papers", tmp_path / "fang2023", older, "--pages", *pages, "--output", output]
    monkeypatch.setattr(sys, "argv", ["list_papers", *map(str, arguments)])
    list_papers.main()
    return output.read_text(encoding="utf-8")


def test_each_paper_has_its_authors_its_verdict_and_a_way_to_its_page(listing):
    older, newer = listing.split("<section")[1:]
    assert 'href="fang2023/paper.html"' in newer and "<b>2 of 3</b>" in newer
    said = " ".join(newer.split())
    assert "1 of them only within the error of reading values off figures; 1 differs." in said
    assert "2 more are words that leave room, of which 1 holds as read here." in said
    for name in ("results.csv", "verdict.csv", "tables/"):
        assert f'href="fang2023/{name}"' in newer
    assert "Alex Fang, Simon Kornblith, Ludwig Schmidt (2023)." in newer
    assert "https://arxiv.org/abs/2301.04644" in newer
    assert "https://github.com/mlfoundations/imagenet-applications-transfer" in newer
    assert "Nothing that the paper prints is recomputed" in older
    assert "arXiv" not in older and "code" not in older


def test_tables_in_which_much_differs_are_named(tmp_path):
    folder = tmp_path / "published" / "fang2023"
    folder.mkdir(parents=True)
    rows = [f"table12,{n},p,1,2,1,0.5,False,differs\n" for n in range(11)]
    rows += [f"table13,{n},p,1,2,1,0.5,False,differs\n" for n in range(9)]
    (folder / "verdict.csv").write_text(VERDICT + "".join(rows))
    index = tmp_path / "published" / "index.html"
    found = list_papers.listed(PUBLISHED / "fang2023", folder / "paper.html", index)
    assert found.mostly == {"table12": 11} and found.counts.differ == 20
    assert (found.page, found.files) == ("fang2023/paper.html", "fang2023")


def test_what_a_paper_says_is_text(listing):
    assert "Older &amp; &lt;b&gt;bold&lt;/b&gt;" in listing
