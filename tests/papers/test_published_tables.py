"""The shipped tables are complete, and a damaged copy is rejected."""

from pathlib import Path

import pytest

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.validation import load_schema, read_table, read_text_table

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "published" / "fang2023"
NAMES = [*(f"table{number:02d}" for number in range(1, 15)), "claims"]
MAIN = FOLDER / "table03.csv"


@pytest.mark.parametrize("name", NAMES)
def test_each_table_is_whole(name):
    table = read_table(FOLDER / f"{name}.csv", name, FOLDER)
    assert list(table.columns) == list(load_schema(name, FOLDER)["properties"])


def test_every_shipped_table_has_a_test():
    assert sorted(path.stem for path in FOLDER.glob("*.csv")) == sorted([*NAMES, "totals"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["cell", "field", "row", "column"])
def test_each_table_is_refused_once_something_is_removed(tmp_path, name, damage):
    lines = (FOLDER / f"{name}.csv").read_text().splitlines()
    cells = lines[1].split(",")
    if damage == "cell":
        lines[1] = ",".join([cells[0], "", *cells[2:]])
    elif damage == "field":
        lines[1] = ",".join(cells[:-1])
    elif damage == "row":
        del lines[-1]
    else:
        lines[0] = lines[0].replace(",", ",x_", 1)
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n")
    column = load_schema(name, FOLDER)["required"][1]
    says = {
        "cell": f"line 2: missing '{column}'",
        "field": "line 2: ",
        "row": "rows, expected",
        "column": f"line 1: missing column '{column}'",
    }[damage]
    with pytest.raises(UserError) as caught:
        read_table(path, name, FOLDER)
    assert f"{path}: " in str(caught.value) and says in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("aptos", "aptoss", "line 1: unknown column 'aptoss' (did you mean 'aptos'?)"),
        ("73.49", "734", "line 20: cct20: 734.0 is greater than the maximum of 100"),
        ("73.49", "", "line 20: missing 'cct20'"),
        ("73.49,", "", "line 20: 7 cells for 8 columns: no value for 'eurosat'"),
        ("73.49", "NaN", "line 20: cct20: 'NaN' is not of type 'number'"),
        ("0.9211", "92.11", "line 20: aptos: 92.11 is greater than the maximum of 1"),
        ("efficientnet_b4", "efficientnet_b0", "line 20: duplicate model 'efficientnet_b0'"),
        ("efficientnet_b4", "efficientnet_b7", "line 20: model: 'efficientnet_b7' is not one of"),
    ],
)
def test_a_damaged_main_table_is_refused(tmp_path, old, new, says):
    text = MAIN.read_text()
    at = text.rindex(old)
    path = tmp_path / "table03.csv"
    path.write_text(text[:at] + new + text[at + len(old) :])
    with pytest.raises(UserError) as caught:
        read_table(path, "table03", FOLDER)
    assert f"{path}: {says}" in str(caught.value)


def test_tables_agree_where_the_paper_repeats_itself():
    main = read_text_table(MAIN, "table03", FOLDER).set_index("model")
    clip = read_text_table(FOLDER / "table08.csv", "table08", FOLDER).set_index("model")
    models = read_text_table(FOLDER / "table04.csv", "table04", FOLDER).set_index("model")
    pairs = read_text_table(FOLDER / "table09.csv", "table09", FOLDER).set_index("model")
    assert models.imagenet_top1.to_dict() == main.imagenet_top1.to_dict()
    for model, row in pairs.drop(columns="source").iterrows():
        assert row.to_dict() == (clip if model in clip.index else main).loc[model].to_dict()


def test_the_sizes_that_the_paper_prints_are_those_expected_of_the_prepared_datasets():
    datasets = read_datasets(ROOT / "config" / "datasets.yaml")
    for row in read_table(FOLDER / "table01.csv", "table01", FOLDER).to_dict("records"):
        stated = datasets[row["dataset"]].stated
        sizes = (stated.train, stated.evaluated, stated.classes)
        assert sizes == (row["train_size"], row["eval_size"], row["classes"]), row["dataset"]
