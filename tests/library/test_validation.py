"""Tables and YAML files that violate their schema are rejected with file, line and column."""

from pathlib import Path

import pytest

from transfer import validation
from transfer.errors import UserError

SCHEMA = """
type: object
additionalProperties: false
required: [model, accuracy]
uniqueKey: [model]
rows: 2
properties:
  model: {type: string, pattern: '^[a-z]+$', description: lower case letters}
  accuracy: {type: number, minimum: 0, maximum: 100}
  epochs: {type: integer}
  tuned: {type: boolean}
"""
GOOD = "model,accuracy,epochs,tuned\nalexnet,56.50,30,true\nvgg,71.6,,false\n"


@pytest.fixture(autouse=True)
def schemas(tmp_path, monkeypatch):
    (tmp_path / "toy.schema.yaml").write_text(SCHEMA)
    monkeypatch.setattr(validation, "SCHEMAS", tmp_path)
    validation.load_schema.cache_clear()
    yield
    validation.load_schema.cache_clear()


def refusal(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        validation.read_table(path, "toy")
    message = str(caught.value)
    assert message.startswith(str(path))
    return message.removeprefix(str(path))


def test_columns_take_the_types_of_the_schema_and_text_keeps_its_digits(tmp_path):
    path = tmp_path / "toy.csv"
    path.write_text(GOOD)
    table = validation.read_table(path, "toy")
    assert table.accuracy.tolist() == [56.5, 71.6]
    assert table.tuned.tolist() == [True, False]
    assert table.epochs[0] == 30 and table.epochs.isna().tolist() == [False, True]
    text = validation.read_text_table(path, "toy")
    assert text.accuracy[0] == "56.50" and text.epochs[1] == ""


def test_a_tsv_is_split_at_tabs(tmp_path):
    path = tmp_path / "toy.tsv"
    path.write_text(GOOD.replace(",", "\t"))
    assert validation.read_table(path, "toy").model.tolist() == ["alexnet", "vgg"]


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("accuracy", "acuracy", 1, "unknown column 'acuracy' (did you mean 'accuracy'?)"),
        ("accuracy", "acuracy", 1, "missing column 'accuracy'"),
        ("epochs", "model", 1, "duplicate column 'model'"),
        ("56.50", "", 2, "missing 'accuracy'"),
        ("56.50", "734", 2, "accuracy: 734.0 is greater than the maximum of 100"),
        ("56.50", "-1", 2, "accuracy: -1.0 is less than the minimum of 0"),
        ("56.50", "nan", 2, "accuracy: 'nan' is not of type 'number'"),
        ("56.50", "inf", 2, "accuracy: 'inf' is not of type 'number'"),
        ("56.50", "5_6", 2, "accuracy: '5_6' is not of type 'number'"),
        ("56.50", "high", 2, "accuracy: 'high' is not of type 'number'"),
        ("30", "30.5", 2, "epochs: '30.5' is not of type 'integer'"),
        ("true", "yes", 2, "tuned: 'yes' is not of type 'boolean'"),
        ("vgg", "VGG", 3, "model: 'VGG' does not match '^[a-z]+$' (lower case letters)"),
        ("vgg", "alexnet", 3, "duplicate model 'alexnet'"),
        (",false", "", 3, "3 cells for 4 columns: no value for 'tuned'"),
        ("false", "false,1", 3, "5 cells for 4 columns: '1' is to the right of the last column"),
        ("alexnet", "\nalexnet", 2, "blank"),
    ],
)
def test_a_broken_table_is_refused_with_line_and_column(tmp_path, old, new, line, says):
    assert old in GOOD
    message = refusal(tmp_path / "toy.csv", GOOD.replace(old, new, 1))
    assert f": line {line}: " in message
    assert says in message


def test_every_broken_row_is_named(tmp_path):
    message = refusal(tmp_path / "toy.csv", GOOD.replace("56.50", "734").replace("71.6", "x"))
    assert "line 2: accuracy" in message and "line 3: accuracy" in message


def test_a_table_that_lost_a_row_is_refused(tmp_path):
    message = refusal(tmp_path / "toy.csv", GOOD[: GOOD.index("vgg")])
    assert message == ": 1 rows, expected 2"


@pytest.mark.parametrize("content", [b"", b"model,accuracy\n\xff,1\n", b'model,accuracy\n"a,1\n'])
def test_what_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "toy.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a table"):
        validation.read_table(path, "toy")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"absent\.csv: no such file"):
        validation.read_table(tmp_path / "absent.csv", "toy")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: vgg\nacuracy: 1\n", "unknown key 'acuracy' (did you mean 'accuracy'?)"),
        ("model: vgg\n", "missing 'accuracy'"),
        ("model: vgg\naccuracy: 734\n", "accuracy: 734 is greater than the maximum of 100"),
        ("model: vgg\nmodel: alexnet\naccuracy: 1\n", "duplicate key 'model'"),
        ("model: [\n", "not valid YAML"),
    ],
)
def test_a_broken_yaml_file_is_refused_with_its_key(tmp_path, text, says):
    path = tmp_path / "toy.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        validation.read_yaml(path, "toy")
    assert str(path) in str(caught.value) and says in str(caught.value)


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "study.yaml").write_text("# to be written\n")
    with pytest.raises(UserError, match="the file is empty"):
        validation.read_yaml(tmp_path / "study.yaml", "study")


def test_a_table_may_have_its_schema_beside_it(tmp_path):
    folder = tmp_path / "paper"
    folder.mkdir()
    (folder / "table01.schema.yaml").write_text(SCHEMA.replace("rows: 2", "rows: 3"))
    (folder / "table01.csv").write_text(GOOD)
    with pytest.raises(UserError, match="2 rows, expected 3"):
        validation.read_table(folder / "table01.csv", "table01", folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no such file"),
        ("type: objct\n", "not a JSON schema: type: 'objct' is not valid"),
        ("type: [\n", "not valid YAML"),
        ("type: object\ntype: object\n", "line 2: duplicate key 'type'"),
    ],
)
def test_a_schema_that_is_none_is_named(tmp_path, text, says):
    if text:
        (tmp_path / "table01.schema.yaml").write_text(text)
    with pytest.raises(UserError) as caught:
        validation.load_schema("table01", tmp_path)
    assert str(tmp_path / "table01.schema.yaml") in str(caught.value) and says in str(caught.value)
