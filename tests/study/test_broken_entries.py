"""An error in one row, block or recipe stops only the studies that use it."""

import re
from pathlib import Path

import pytest

from transfer.data.dataset import read_datasets
from transfer.errors import UserError
from transfer.study.config import read_studies
from transfer.study.model import read_models
from transfer.study.recipes import read_recipes

ROOT = Path(__file__).parents[2]
MODELS = (ROOT / "config" / "models.tsv").read_text()
DATASETS = (ROOT / "config" / "datasets.yaml").read_text()
DEMO = (ROOT / "config" / "recipes" / "demo.yaml").read_text()
ROW = re.search(r"^test_vit\t.*\n", MODELS, re.MULTILINE)[0]
LINE = MODELS[: MODELS.index(ROW)].count("\n") + 1
HEADER = MODELS.partition("\n")[0] + "\n"
SQUARES = """\
squares:
  name: Squares
  short_name: Squares
  metric: accuracy
  multilabel: false
  citation: none
  source: {homepage: "https://example.org", kind: by_hand, files: [{name: a}]}
  layout: {kind: folders}
  split: {method: listed}
  short_side: 32
  evaluation_sizes: [32]
few:
  name: Few
  short_name: Few
  like: squares
  sample: {rows: rows.csv}
"""
CIRCLES = SQUARES.partition("few:")[0].replace("squares:", "circles:")
RECIPES = """\
base:
  like: pretrain_tiny
own:
  like: base
  steps: 8
  warmup_steps: 0
chained:
  like: own
  method: finetune
  weights: {recipe: base, dataset: squares}
"""


def models_of(folder, text):
    path = folder / "models.tsv"
    path.write_text(text)
    return read_models(path)


def datasets_of(folder, text):
    path = folder / "datasets.yaml"
    path.write_text(text)
    return read_datasets(path)


def recipes_of(folder, text):
    (folder / "recipes").mkdir()
    for file in (ROOT / "config" / "recipes").glob("*.yaml"):
        (folder / "recipes" / file.name).write_bytes(file.read_bytes())
    (folder / "recipes" / "own.yaml").write_text(text)
    return read_recipes(folder / "recipes")


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        # The row's id and what is wrong with it; `{}` is the file.
        (
            models_of,
            MODELS.replace(ROW, ROW.replace("\ttimm\t", "\ttim\t", 1)),
            {"test_vit": f"{{}}: line {LINE}: library: 'tim' is not one of "},
        ),
        (
            models_of,
            MODELS.replace(ROW, ROW.rpartition("\t")[0] + "\n"),
            {"test_vit": f"{{}}: line {LINE}: 11 cells for 12 columns: "},
        ),
        (
            models_of,
            MODELS + ROW,
            {
                "test_vit": f"{{}}: line {MODELS.count(chr(10)) + 1}: duplicate model 'test_vit', "
                f"which is on line {LINE} as well"
            },
        ),
        (models_of, MODELS.replace(ROW, "\n" + ROW), {f"line {LINE}": f"{{}}: line {LINE}: blank"}),
        (
            datasets_of,
            CIRCLES + SQUARES.replace("  multilabel", "  colour: red\n  multilabel"),
            {
                "squares": "{}: squares: unknown key 'colour' (",
                "few": "{}: few.like: 'squares' is invalid: {}: squares: unknown key 'colour'",
            },
        ),
        (
            datasets_of,
            CIRCLES + SQUARES.replace("like: squares", "like: sqares"),
            {"few": "{}: few.like: no dataset 'sqares' (did you mean 'squares'?)"},
        ),
        (
            datasets_of,
            SQUARES.replace("  name: Few\n", "  name: Few\n  name: Fewer\n"),
            {"few": "{}: line 14: duplicate key 'name', which is on line 13 as well"},
        ),
        (
            datasets_of,
            SQUARES.replace("name: Few", "name: 2023-02-30"),
            {"few": "{}: few: not valid YAML: day is out of range"},
        ),
        (
            datasets_of,
            SQUARES + CIRCLES.replace("circles:", "few:"),
            {"few": "{}: line 17: duplicate key 'few', which is on line 12 as well"},
        ),
        (
            datasets_of,
            SQUARES + CIRCLES.replace("circles:", "Circles:"),
            {"Circles": "{}: 'Circles' does not match '^[a-z][a-z0-9_]*$'"},
        ),
        (
            recipes_of,
            RECIPES.replace("steps: 8", "setps: 8"),
            {
                "own": "{}/own.yaml: own: unknown key 'setps' (did you mean 'steps'?)",
                "chained": "{}/own.yaml: chained.like: 'own' is invalid: {}/own.yaml: own: unknown",
            },
        ),
        (
            recipes_of,
            RECIPES.replace("steps: 8", "steps: 8\n  image_size: 0"),
            {
                "own": "{}/own.yaml: own.image_size: ",
                "chained": "{}/own.yaml: chained.like: 'own' is invalid: ",
            },
        ),
        (
            recipes_of,
            RECIPES.replace("base:\n  like: pretrain_tiny", "base:\n  like: pretrain_tny"),
            {
                "base": "{}/own.yaml: base.like: no recipe 'pretrain_tny'; did you mean ",
                "own": "{}/own.yaml: base.like: no recipe 'pretrain_tny'",
                "chained": "{}/own.yaml: base.like: no recipe 'pretrain_tny'",
            },
        ),
        (
            recipes_of,
            RECIPES.replace("recipe: base", "recipe: bace"),
            {"chained": "{}/own.yaml: chained.weights.recipe: no recipe 'bace'; did you mean 'bas"},
        ),
        (
            recipes_of,
            RECIPES + DEMO.partition("scratch_tiny")[0],
            {
                "pretrain_tiny": "{}/own.yaml: line 13: duplicate recipe 'pretrain_tiny', "
                "which is in {}/demo.yaml: line 3 as well",
                **dict.fromkeys(["scratch_tiny", "finetune_tiny", "base", "own", "chained"], "{}/"),
            },
        ),
    ],
)
def test_what_is_mistaken_is_left_out_by_name(tmp_path, read, text, expected):
    found = read(tmp_path, text)
    file = tmp_path / {models_of: "models.tsv", datasets_of: "datasets.yaml"}.get(read, "recipes")
    assert found.broken.keys() == expected.keys()
    for id, problem in expected.items():
        assert found.broken[id].startswith(problem.replace("{}", str(file)))
        assert id not in found
        with pytest.raises(UserError) as caught:
            found[id]
        assert str(caught.value) == found.broken[id]
    assert len(found) > 0


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (models_of, MODELS.replace("weights", "wieghts", 1), "line 1: unknown column 'wieghts'"),
        (models_of, "", "not a table"),
        (datasets_of, f"{SQUARES}  sample: [\n", "not valid YAML"),
        (datasets_of, "# none yet\n", "the file is empty"),
        (datasets_of, "{}\n", "non-empty"),
        (datasets_of, "- squares\n", "is not of type 'object'"),
        (recipes_of, "own: [\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_not_readable_as_a_whole_stops_all(tmp_path, read, text, says):
    with pytest.raises(UserError, match=re.escape(says)):
        read(tmp_path, text)


def test_an_entry_that_nobody_wrote_is_not_found_by_its_nearest_name(tmp_path):
    with pytest.raises(
        UserError, match=r"models\.tsv: no model 'test_vid'; did you mean 'test_vit"
    ):
        models_of(tmp_path, MODELS)["test_vid"]


def test_a_sound_row_keeps_its_line(tmp_path):
    before = models_of(tmp_path, MODELS)
    after = models_of(tmp_path, MODELS.replace(HEADER, f"{HEADER}\n"))
    assert {id: line + 1 for id, line in before.lines.items()} == after.lines


STUDY = (ROOT / "config" / "studies" / "demo.yaml").read_text()
PART = "parts.main"


@pytest.mark.parametrize(
    ("table", "old", "new", "names"),
    [
        ("models", ROW, ROW.replace("\ttimm\t", "\ttim\t", 1), "models: 'test_vit'"),
        ("datasets", "digits_rare:\n", "digits_rare:\n  colour: red\n", "datasets: 'digits_rare'"),
        ("recipes", "finetune_tiny:\n", "finetune_tiny:\n  stpes: 3\n", "recipe: 'finetune_tiny'"),
        # What the runs start from.
        (
            "datasets",
            "digits_source:\n",
            "digits_source:\n  colour: red\n",
            "digits_source' is inv",
        ),
        ("recipes", "pretrain_tiny:\n", "pretrain_tiny:\n  stpes: 3\n", "recipe: 'finetune_tiny'"),
    ],
)
def test_the_studies_that_use_it_name_it_and_others_go_on(tmp_path, table, old, new, names):
    studies = tmp_path / "studies"
    studies.mkdir()
    (studies / "demo.yaml").write_text(STUDY)
    (studies / "fang2023.yaml").write_bytes(
        (ROOT / "config" / "studies" / "fang2023.yaml").read_bytes()
    )
    texts = {"models": MODELS, "datasets": DATASETS, "recipes": ""}
    if table != "recipes":
        assert old in texts[table]
        texts[table] = texts[table].replace(old, new)
    models = models_of(tmp_path, texts["models"])
    datasets = datasets_of(tmp_path, texts["datasets"])
    recipes = recipes_of(tmp_path, "unused: {like: pretrain_tiny, grid: []}\n")
    if table == "recipes":
        assert old in DEMO
        (tmp_path / "recipes" / "demo.yaml").write_text(DEMO.replace(old, new))
        recipes = read_recipes(tmp_path / "recipes")
    found = read_studies(studies, models, datasets, recipes)
    assert list(found.sound) == ["fang2023"] and list(found.broken) == ["demo"]
    assert all(line.startswith(str(studies)) for line in found.broken["demo"].splitlines())
    assert names in found.broken["demo"] and "is invalid: " in found.broken["demo"]
    # One that no study uses has a warning of its own.
    own = [warning for warning in found.warnings if warning.startswith("The recipe 'unused' is")]
    assert len(own) == 1 and len(found.warnings) == 2
