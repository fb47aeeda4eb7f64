"""No number of a paper's folder can be altered or removed without its place being named.

Every cell that holds a number, of every CSV of Ngiam et al. 2018, one at a time.
"""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from transfer.errors import UserError
from transfer.papers import totals
from transfer.papers.published import read_printed
from transfer.validation import load_schema

PAPER = Path(__file__).parents[2] / "resources" / "published" / "ngiam2018"
TABLES = [path.stem for path in sorted(PAPER.glob("*.csv"))]


def numbers(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Row and column of every cell that reads as a number; sections of the text are names."""
    for column in table.columns.drop("section", errors="ignore"):
        for row, cell in enumerate(table[column]):
            try:
                Decimal(cell)
            except ArithmeticError:
                continue
            yield row, column


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the paper, of which files that did not change are read once."""
    copy = Path(shutil.copytree(PAPER, tmp_path / "ngiam2018"))
    whole = {name: read_printed(copy, name) for name in TABLES}
    text = {name: (copy / f"{name}.csv").read_bytes() for name in TABLES}

    def read(given: str | Path, name: str) -> pd.DataFrame:
        same = Path(given, f"{name}.csv").read_bytes() == text[name]
        return whole[name] if same else read_printed(given, name)

    monkeypatch.setattr(totals, "read_printed", read)
    return copy


def refused(folder: Path, name: str, table: pd.DataFrame) -> str:
    """What the check says of the folder with this table in place of its own."""
    path = folder / f"{name}.csv"
    whole = path.read_bytes()
    table.to_csv(path, index=False)
    with pytest.raises(UserError) as caught:
        totals.check_totals(folder)
    path.write_bytes(whole)
    return str(caught.value)


def test_the_folder_as_shipped_is_accepted(folder):
    totals.check_totals(folder)
    counted = {name: len(list(numbers(read_printed(folder, name)))) for name in TABLES}
    assert counted["table03"] == counted["table04"] == 72 and counted["table02"] == 18
    assert counted["claims"] == 19 and sum(counted.values()) > 300


@pytest.mark.parametrize("name", [name for name in TABLES if name != totals.TOTALS])
def test_an_altered_number_is_named_by_file_line_and_column(folder, name):
    table = read_printed(folder, name)
    path = folder / f"{name}.csv"
    whole = load_schema(name, folder)["properties"]
    for row, column in numbers(table):
        # The last digit, and as large as its column allows; a count stays whole.
        last = Decimal(1).scaleb(Decimal(table.loc[row, column]).as_tuple().exponent)
        step = Decimal(1) if whole[column]["type"] == "integer" else last
        altered = table.copy()
        altered.loc[row, column] = str(Decimal(table.loc[row, column]) - step)
        assert refused(folder, name, altered).startswith(f"{path}: line {row + 2}: {column}: ")


@pytest.mark.parametrize("name", TABLES)
def test_a_removed_number_is_named_by_file_line_and_column(folder, name):
    table = read_printed(folder, name)
    for row, column in numbers(table):
        altered = table.copy()
        altered.loc[row, column] = ""
        said = refused(folder, name, altered)
        assert said.startswith(f"{folder / name}.csv: line {row + 2}: missing '{column}'")


def test_an_altered_total_is_named_by_the_table_and_the_sum(folder):
    table = read_printed(folder, totals.TOTALS)
    for row, (name, rows, column, total) in enumerate(table.itertuples(index=False)):
        altered = table.copy()
        altered.loc[row, "total"] = str(Decimal(total) + 1)
        what = f"column {column}" if column else f"rows {rows}"
        assert refused(folder, totals.TOTALS, altered).startswith(
            f"{folder / 'totals.csv'}: table {name}: {what}: total "
        )
