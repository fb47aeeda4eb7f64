"""The table of prepared datasets reports the findings of preparation, leakage included."""

import json
from pathlib import Path

import pandas as pd
import pytest
from views import made_table


def prepared(folder, short_name: str, shared: tuple[int, int], split: str = "val") -> str:
    summary = {
        "dataset": folder.name,
        "name": f"The {short_name}",
        "short_name": short_name,
        "metric": "accuracy",
        "classes": ["a", "b"],
        "counts": {"train": 1200, split: 300},
        "published": None,
        "published_note": None,
        "leakage": {
            "identical_images_across_splits": shared[0],
            "rows_concerned": shared[1],
            "listed": [],
        },
    }
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(summary))
    return str(folder)


@pytest.fixture
def table(tmp_path):
    def make(*folders: str) -> tuple[pd.DataFrame, str]:
        output = tmp_path / "table01.csv"
        indexes = [f"{folder}/index.csv" for folder in folders]
        reported = json.dumps({Path(folder).name: "val" for folder in folders})
        made_table("prepared_datasets", output, "--reported", reported, "--prepared", *indexes)
        return pd.read_csv(output), output.with_suffix(".md").read_text(encoding="utf-8")

    return make


def test_images_in_several_splits_are_counted_and_said(tmp_path, table):
    found, text = table(
        prepared(tmp_path / "eyes", "Eyes", (1041, 2100)),
        prepared(tmp_path / "leaves", "Leaves", (0, 0)),
        prepared(tmp_path / "cats", "Cats", (3, 7)),
    )
    assert found["eval_size"].tolist() == [300] * 3
    assert found["shared_images"].tolist() == [1041, 0, 3]
    assert found["shared_rows"].tolist() == [2100, 0, 7]
    note = text.partition("\n")[0]
    assert "more than one split: The Eyes 1,041 in 2,100 rows, The Cats 3 in 7 rows." in note
    assert "Leaves" not in note


def test_without_leakage_the_table_says_so(tmp_path, table):
    _, text = table(prepared(tmp_path / "leaves", "Leaves", (0, 0)))
    assert "No image" in text.partition("\n")[0]


def test_a_split_that_is_not_there_has_no_size(tmp_path, table):
    found, text = table(
        prepared(tmp_path / "cats", "Cats", (0, 0), split="test"),
        prepared(tmp_path / "eyes", "Eyes", (0, 0)),
    )
    assert found["eval_size"].isna().tolist() == [True, False]
    assert "The Cats has no split 'val', which the recipe reports, but train, test." in text
