"""A paper's folder: what is missing from it, or contradicts itself, is named before any job."""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from published import ROOT

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.papers.checks import check_paper, read_papers
from transfer.papers.paper import read_paper
from transfer.papers.published import table_names
from transfer.results.table import printed_top1
from transfer.study.model import read_models
from transfer.study.study import read_study
from transfer.validation import load_schema

FANG = ROOT / "resources" / "published" / "fang2023"
KNOWN = read_datasets(ROOT / "config" / "datasets.yaml")
MODELS = read_models(ROOT / "config" / "models.tsv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(FANG, tmp_path / "fang2023")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_shipped_papers_are_whole():
    for path in sorted((ROOT / "resources" / "published").glob("*/paper.yaml")):
        assert check_paper(path.parent, KNOWN).name == path.parent.name


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("paper.yaml", "authors:", "author:", "did you mean 'authors'?"),
        ("paper.yaml", '"2301.04644"', "2301.0464", "arxiv: 2301.0464 is not of type 'string'"),
        ("paper.yaml", "main: table03", "main: table33", "values.main: there is no "),
        ("paper.yaml", "values: {main: table03", "values: {other: table03", "say in `values.main`"),
        ("paper.yaml", "main: table03", "main: table01", "table01.csv has no column model"),
        ("paper.yaml", "[table03, table07", "[table14", "table14.csv has no column imagenet_top1"),
        ("paper.yaml", "table: table11", "table: table12", "table12.csv has no column fid"),
        ("paper.yaml", "[cct20, aptos,", "[cct20,", "belongs to one group: aptos"),
        ("paper.yaml", "- food101", "- cct20\n      - food101", "belongs to one group: cct20"),
        ("table03.csv", "73.49", "734", "line 20: cct20: 734.0 is greater"),
        ("claims.csv", "model_count,1,", "model_count,,", "claims.csv: line 4: missing 'section'"),
        ("table05.schema.yaml", "type: object", "type: objekt", "not a JSON schema: type"),
    ],
)
def test_a_mistake_is_named(folder, file, old, new, says):
    edit(folder / file, old, new)
    with pytest.raises(UserError) as caught:
        check_paper(folder, KNOWN)
    assert says in str(caught.value)
    assert str(folder / file) in str(caught.value) or file == "paper.yaml"


@pytest.mark.parametrize("table", table_names(FANG))
def test_an_altered_number_is_named(folder, table):
    """In each table, a number in the middle moves by one unit of its last digit, within range."""
    rules = load_schema(table, FANG)
    numbers = [
        name
        for name, rule in rules["properties"].items()
        if rule.get("type") in ("number", "integer") and name not in rules["uniqueKey"]
    ]
    if not numbers:
        pytest.skip("words alone")
    path, column = folder / f"{table}.csv", numbers[-1]
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    line = len(rows) // 2
    digits = rows.loc[line, column]
    changed = digits[:-1] + ("4" if digits[-1] != "4" else "5")
    rows.loc[line, column] = changed
    rows.to_csv(path, index=False)
    with pytest.raises(UserError) as caught:
        check_paper(folder, KNOWN)
    assert f"{path}: line {line + 2}: {column}: {changed} was altered" in str(caught.value)


def test_a_table_without_a_schema_is_refused(folder):
    (folder / "table05.schema.yaml").unlink()
    with pytest.raises(UserError, match=r"table05.schema.yaml: no such file"):
        check_paper(folder, KNOWN)


def test_accuracies_are_those_of_the_tables_and_two_of_one_model_are_refused(folder):
    top1 = printed_top1(read_paper(folder).top1_tables)
    for table in ("table03", "table07", "table08"):
        rows = pd.read_csv(folder / f"{table}.csv")
        assert dict(zip(rows["model"], rows["imagenet_top1"], strict=True)).items() <= top1.items()
    assert len(top1) == 19 + 2 + 6
    edit(folder / "table07.csv", "resnet50,default,76.1", "resnet50,default,76.2")
    with pytest.raises(UserError, match=r"table07.csv: resnet50: .* 76.2 and in table03.csv 76.1"):
        check_paper(folder, KNOWN)


def test_statements_without_what_recomputes_them_are_refused(folder):
    """And the reverse; a paper with neither has no statements."""
    other = folder.rename(folder.with_name("other2020"))
    with pytest.raises(UserError, match=r"claims.csv is there and .*other2020.py is not"):
        check_paper(other, KNOWN)
    (other / "claims.csv").unlink()
    (other / "totals.csv").unlink()
    assert check_paper(other, KNOWN).name == "other2020"
    fang = other.rename(folder)
    with pytest.raises(UserError, match=r"fang2023.py is there and .*claims.csv is not"):
        check_paper(fang, KNOWN)


def test_a_study_of_an_unknown_paper_is_refused_and_no_other_study():
    study = read_study(ROOT / "config" / "studies" / "fang2023.yaml")
    demo = read_study(ROOT / "config" / "studies" / "demo.yaml")
    lost = replace(study, name="lost", paper="kornblith2019x")
    studies = {one.name: one for one in (study, demo, lost)}
    papers, broken = read_papers(studies, FANG.parent, KNOWN, MODELS)
    assert list(papers) == ["fang2023"] and list(broken) == ["lost"]
    assert broken["lost"].startswith("config/studies/lost.yaml: paper: no paper 'kornblith2019x'")
    assert "Create the folder" in broken["lost"] and "published/kornblith2019x" in broken["lost"]


def test_percentages_taken_for_fractions_are_refused(folder):
    edit(folder / "paper.yaml", "metrics_in_percent: [accuracy]\n", "")
    study = read_study(ROOT / "config" / "studies" / "published" / "fang2023.yaml")
    _, broken = read_papers({study.name: study}, folder.parent, KNOWN, MODELS)
    first, *others = broken[study.name].splitlines()
    assert first.startswith("config/studies/published/fang2023.yaml: parts.main: ")
    assert "table03.csv: cct20: 78.51 is no fraction: name accuracy among" in first
    assert len(others) == 5


def test_a_study_takes_the_accuracies_of_its_own_paper_or_is_refused():
    study = read_study(ROOT / "config" / "studies" / "fang2023.yaml")
    main = replace(study.parts["main"], models=("alexnet", "lcnet_050"))
    unprinted = replace(study, name="unprinted", parts=study.parts | {"main": main})
    library = replace(unprinted, name="library", imagenet_top1="library")
    paperless = replace(study, name="paperless", paper=None)
    studies = {one.name: one for one in (unprinted, library, paperless)}
    _, broken = read_papers(studies, FANG.parent, KNOWN, MODELS)
    assert broken == {
        "unprinted": f"config/studies/unprinted.yaml: imagenet_top1: {FANG} prints no accuracy of "
        "lcnet_050: set imagenet_top1: library, or leave it out",
        "paperless": "config/studies/paperless.yaml: imagenet_top1: published takes the accuracies "
        "that a paper prints, and the study names no `paper`: set imagenet_top1: library",
    }


def test_a_study_of_values_that_the_paper_does_not_print_is_refused():
    study = read_study(ROOT / "config" / "studies" / "fang2023.yaml")
    main = replace(study.parts["main"], models=("alexnet", "lcnet_050"))
    parts = {"main": main, "cifar10": study.parts["cifar10"]}
    given = replace(study, name="asks", source="published", imagenet_top1="library", parts=parts)
    _, broken = read_papers({"asks": given}, FANG.parent, KNOWN, MODELS)
    assert broken["asks"].splitlines() == [
        f"config/studies/asks.yaml: parts.main.models: not in {FANG / 'table03.csv'}: lcnet_050",
        f"config/studies/asks.yaml: parts.cifar10: {FANG / 'paper.yaml'} names no table of values "
        "for it; there are values for main, clip",
    ]
