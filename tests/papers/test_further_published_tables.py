"""The tables of the papers other than fang2023 are complete; a removed number is detected."""

from pathlib import Path

import pytest

from transfer.errors import UserError
from transfer.papers.published import read_printed, read_published
from transfer.validation import check_rows, load_schema

PUBLISHED = Path(__file__).parents[2] / "resources" / "published"
TABLES = sorted(
    path for paper in ("kornblith2019", "ngiam2018") for path in (PUBLISHED / paper).glob("*.csv")
)
NAMES = [f"{path.parent.name}-{path.stem}" for path in TABLES]


@pytest.mark.parametrize("path", TABLES, ids=NAMES)
def test_each_table_is_whole_and_has_all_its_columns(path):
    table = read_published(path.parent, path.stem)
    assert list(table.columns) == list(load_schema(path.stem, path.parent)["properties"])


@pytest.mark.parametrize("path", [path for path in TABLES if path.stem != "totals"])
def test_no_value_may_be_removed_from_any_row(path):
    table = read_printed(path.parent, path.stem)
    schema = load_schema(path.stem, path.parent)
    # A short table is tried cell by cell, of a long one its first and last rows.
    rows = table if len(table) < 60 else table.iloc[[*range(10), *range(-10, 0)]]
    for row in rows.to_dict("records"):
        for column, cell in row.items():
            if cell == "":
                continue
            with pytest.raises(UserError, match=f"missing.*{column}"):
                check_rows([{**row, column: ""}], schema, path)


@pytest.mark.parametrize("path", TABLES, ids=NAMES)
@pytest.mark.parametrize("damage", ["row", "repeated", "field"])
def test_a_lost_or_repeated_row_is_refused(tmp_path, path, damage):
    lines = path.read_text(encoding="utf-8").splitlines()
    if damage == "row":
        del lines[1]
    elif damage == "repeated":
        lines.append(lines[-1])
    else:
        lines[1] = lines[1].rpartition(",")[0]
    copy = tmp_path / path.name
    copy.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / f"{path.stem}.schema.yaml").write_text(
        (path.parent / f"{path.stem}.schema.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    says = {
        "row": "rows, expected",
        "repeated": "duplicate",
        "field": "cells for",
    }
    with pytest.raises(UserError, match=says[damage]):
        read_published(tmp_path, path.stem)


@pytest.mark.parametrize("paper", ["kornblith2019", "ngiam2018"])
def test_misprints_are_those_of_the_tables(paper):
    for row in read_printed(PUBLISHED / paper, "corrections").itertuples():
        table = read_printed(PUBLISHED / paper, row.table)
        printed = table.set_index(table.columns[0]).loc[row.row, row.column]
        assert printed == row.printed != row.correct


def test_both_papers_print_the_same_sizes_of_their_six_common_datasets():
    columns = ["train_size", "eval_size"]
    ours = read_printed(PUBLISHED / "ngiam2018", "table02").set_index("dataset")[columns]
    theirs = read_printed(PUBLISHED / "kornblith2019", "table01").set_index("dataset")[columns]
    assert ours.to_dict("index") == theirs.loc[ours.index].to_dict("index")
