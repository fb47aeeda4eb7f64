"""An altered number of a published table is located by file, line and column."""

import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from transfer.errors import UserError
from transfer.papers.published import read_printed
from transfer.papers.totals import altered, check_totals, keys_and_numbers, totals_of
from transfer.validation import load_schema

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "resources" / "published"
PAPERS = ("kornblith2019", "ngiam2018")
TABLES = sorted(
    path
    for paper in PAPERS
    for path in (PUBLISHED / paper).glob("*.csv")
    if path.stem not in ("totals", "undecided")
)
NAMES = [f"{path.parent.name}-{path.stem}" for path in TABLES]
LONG = {
    "uniqueKey": ["dataset", "model"],
    "properties": {
        "dataset": {"type": "string"},
        "model": {"type": "string"},
        "accuracy": {"type": "number"},
        "note": {"type": "string"},
        "images": {"type": "integer"},
    },
}
TABLE = pd.DataFrame(
    [
        ("cars", "a", "0.1", "x", "3"),
        ("cars", "b", "0.2", "", "4"),
        ("pets", "a", "", "", "5"),
    ],
    columns=list(LONG["properties"]),
)


def test_totals_by_hand_are_exact():
    assert keys_and_numbers(LONG) == (["dataset", "model"], ["accuracy", "images"])
    assert totals_of(TABLE, LONG) == {
        ("", "accuracy"): Decimal("0.3"),
        ("", "images"): Decimal("12"),
        ("dataset=cars", ""): Decimal("7.3"),
        ("dataset=pets", ""): Decimal("5"),
        ("model=a", ""): Decimal("8.1"),
        ("model=b", ""): Decimal("4.2"),
    }


@pytest.mark.parametrize("paper", PAPERS)
def test_the_shipped_tables_add_up(paper):
    check_totals(PUBLISHED / paper)


@pytest.mark.parametrize("path", TABLES, ids=NAMES)
def test_one_altered_number_is_named_by_line_and_column(path):
    schema = load_schema(path.stem, path.parent)
    table = read_printed(path.parent, path.stem)
    expected = totals_of(table, schema)
    assert not altered(path, table, schema, expected)
    _, numbers = keys_and_numbers(schema)
    for column in numbers:
        filled = table.index[table[column] != ""]
        for row in filled[:: max(1, len(filled) // 9)]:
            changed = table.copy()
            changed.loc[row, column] = str(Decimal(table.loc[row, column]) + Decimal("0.01"))
            (problem,) = altered(path, changed, schema, expected)
            assert problem.startswith(f"{path}: line {row + 2}: {column}: ")
            assert "off by +0.01" in problem


def test_two_altered_numbers_are_among_the_cells_named():
    path = PUBLISHED / "kornblith2019" / "figure2.csv"
    schema, table = load_schema("figure2", path.parent), read_printed(path.parent, "figure2")
    expected = totals_of(table, schema)
    changed = table.copy()
    for row in (3, 300):
        changed.loc[row, "accuracy"] = "50.5"
    problems = altered(path, changed, schema, expected)
    assert 2 <= len(problems) <= 8
    for row in (3, 300):
        assert any(
            problem.startswith(f"{path}: line {row + 2}: accuracy: ") for problem in problems
        )


def test_a_number_that_names_a_row_is_found_too():
    path = PUBLISHED / "kornblith2019" / "figure8.csv"
    schema, table = load_schema("figure8", path.parent), read_printed(path.parent, "figure8")
    expected = totals_of(table, schema)
    changed = table.copy()
    changed.loc[0, "steps"] = "39062"
    (problem,) = altered(path, changed, schema, expected)
    assert problem == f"{path}: steps=39062, steps=76: not the sum in totals.csv"


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PUBLISHED / "ngiam2018", tmp_path / "ngiam2018"))


def test_a_folder_with_an_altered_number_is_refused(tmp_path):
    folder = copied(tmp_path)
    path = folder / "table03.csv"
    path.write_text(path.read_text().replace("74.2,92.5,94.0", "74.2,95.2,94.0"))
    with pytest.raises(UserError) as caught:
        check_totals(folder)
    assert str(caught.value) == (
        f"{path}: line 2: pets: 95.2 was altered: "
        "the sum of the column is off by +2.7 from totals.csv"
    )


def test_a_table_that_is_gone_or_new_is_named(tmp_path):
    folder = copied(tmp_path)
    (folder / "table06.csv").unlink()
    with pytest.raises(UserError, match=r"there is no .*table06\.csv"):
        check_totals(folder)
    folder = copied(tmp_path / "new")
    for suffix in (".csv", ".schema.yaml"):
        shutil.copy(folder / f"table06{suffix}", folder / f"table07{suffix}")
    with pytest.raises(UserError, match=r"table07\.csv: line 2: accuracy: 97.1 was altered"):
        check_totals(folder)


def test_a_total_that_is_gone_or_altered_is_named(tmp_path):
    folder = copied(tmp_path)
    totals = folder / "totals.csv"
    text = totals.read_text()
    totals.write_text(text.replace("table06,,accuracy,277.3", "table06,,accuracy,277.4"))
    with pytest.raises(UserError) as caught:
        check_totals(folder)
    assert str(caught.value) == (
        f"{totals}: table table06: column accuracy: total 277.4 was altered: the sum is 277.3"
    )
    totals.write_text(text.replace("table06,weighting=uniform,,95.3\n", ""))
    with pytest.raises(UserError, match="104 rows, expected 105"):
        check_totals(folder)


def test_the_script_writes_the_shipped_totals_again(tmp_path):
    folder = copied(tmp_path)
    shipped = (folder / "totals.csv").read_bytes()
    (folder / "totals.csv").unlink()
    command = [sys.executable, ROOT / "scripts" / "total_tables.py", folder]
    subprocess.run(command, check=True, timeout=120)
    assert (folder / "totals.csv").read_bytes() == shipped
