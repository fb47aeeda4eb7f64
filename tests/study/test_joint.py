"""A study of several papers: what is refused, and that it is no study of a paper."""

import shutil
from pathlib import Path

import pytest
from published import ROOT

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.papers.joint_checks import joint_problems
from transfer.papers.paper import read_paper
from transfer.study.config import check_name, study_files
from transfer.study.joint import joint_digest, joint_file, read_joint
from transfer.study.study import read_study

STUDIES = ROOT / "config" / "studies"
PAPERS = {path.name: read_paper(path) for path in (ROOT / "resources/published").glob("*/")}
SHIPPED = joint_file(STUDIES)


def problems(tmp_path: Path, old: str = "", new: str = "", without: str = "") -> list[str]:
    """Problems of the shipped file with a change, among all studies but one."""
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / SHIPPED.name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    studies = {
        study.name: study
        for file in study_files(STUDIES)
        if file.parent.name == "published" and file.stem != without
        for study in [read_study(file)]
    }
    datasets = read_datasets(ROOT / "config" / "datasets.yaml")
    return joint_problems(read_joint(path), studies, PAPERS, datasets)


def test_the_shipped_one_has_no_problem(tmp_path):
    assert problems(tmp_path) == []


def test_it_is_not_read_as_a_study_of_a_paper():
    names = [path.name for path in study_files(STUDIES)]
    assert SHIPPED.is_file() and SHIPPED.name not in names and "fang2023.yaml" in names


@pytest.mark.parametrize("name", ["figures", "tables"])
def test_no_paper_may_be_called_like_the_folders_of_what_several_show(name):
    with pytest.raises(UserError, match="reserved for a folder of results"):
        check_name(STUDIES / "published" / f"{name}.yaml")
    check_name(STUDIES / f"{name}.yaml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  fang2023: main", "  fang2032: main", "did you mean 'fang2023'?"),
        ("  fang2023: main", "  fang2023: mian", "has no part 'mian'; there are main, clip"),
        (
            "  kornblith2019: main",
            "  kornblith2019: main\n  ngiam2018: main",
            "kornblith2019 and ngiam2018 both show birdsnap: name parts that share no dataset",
        ),
        ("distances: fang2023", "distances: ngiam2018", "'ngiam2018' is not among the papers"),
        (
            "distances: fang2023",
            "distances: kornblith2019",
            "kornblith2019/paper.yaml names no table of distances",
        ),
        (
            "transfer_by_distance: transfer_by_distance",
            "transfer_by_distance: transfer_by_distence",
            "no view 'transfer_by_distence' in scripts/figures; did you mean",
        ),
        (
            "transfer_by_distance: transfer_by_distance",
            "transfer_by_distance: distances",
            "view 'distances' reads fid, printed, which a joint study does not have",
        ),
        ("without: [cars, aircraft]", "wihtout: [cars]", "'wihtout'"),
    ],
)
def test_what_cannot_be_made_is_named(tmp_path, old, new, says):
    found = problems(tmp_path, old, new)
    assert len([line for line in found if says in line]) == 1, found


def test_a_paper_without_a_valid_study_is_named(tmp_path):
    (problem,) = problems(tmp_path, without="kornblith2019")
    assert problem.startswith(
        "papers.kornblith2019: there is no valid study config/studies/published/kornblith2019.yaml"
    )


def test_a_dataset_without_a_distance_is_named(tmp_path, monkeypatch):
    folder = Path(shutil.copytree(PAPERS["fang2023"].folder, tmp_path / "fang2023"))
    table, schema = folder / "table11.csv", folder / "table11.schema.yaml"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(line for line in lines if not line.startswith("pets,")))
    rows = f"rows: {len(lines) - 1}"
    assert rows in schema.read_text()
    schema.write_text(schema.read_text().replace(rows, f"rows: {len(lines) - 2}"))
    monkeypatch.setitem(PAPERS, "fang2023", read_paper(folder))
    (problem,) = problems(tmp_path)
    assert problem == f"distances: {table} has no distance of pets"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("threshold: 70", "treshold: 70", "'treshold'"),
        ("threshold: 70", "threshold: 700", "threshold: 700"),
        ("  kornblith2019: main\n", "", "papers"),
        ("words: resources/published/index.md", "words: /index.md", "words: "),
    ],
)
def test_a_mistaken_key_is_named(tmp_path, old, new, says):
    with pytest.raises(UserError, match=says) as caught:
        problems(tmp_path, old, new)
    assert str(tmp_path / SHIPPED.name) in str(caught.value)


def test_its_digest_follows_its_numbers_and_not_its_words(tmp_path):
    def digest(old: str, new: str) -> str:
        path = tmp_path / "index.yaml"
        path.write_text(SHIPPED.read_text().replace(old, new))
        return joint_digest(read_joint(path))

    same = digest("", "")
    assert digest("title: Is", "title: Was") == same
    assert digest("threshold: 70", "threshold: 75") != same
