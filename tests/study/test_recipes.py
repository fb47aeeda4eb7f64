from dataclasses import replace
from pathlib import Path

import pytest
from stand_in_tables import a_model

from transfer.errors import UserError
from transfer.study.hyperparameters import Hyperparameters, short_number
from transfer.study.recipes import read_recipes, settings_digest

ROW = a_model(
    id="deit_tiny", library="timm", architecture="a", weights="a.b", input_size=224, year=2020
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1e-3, "1e-3"), (0.1, "1e-1"), (2.5e-4, "2.5e-4"), (1, "1"), (30, "3e1")],
)
def test_numbers_in_ids_are_short_and_exact(value, text):
    assert short_number(value) == text
    assert float(text) == value


def test_ids_read_as_the_design_writes_them():
    assert Hyperparameters("adamw", "cosine", 1e-3, 1e-4).id == "adamw-cosine_lr1e-3_wd1e-4"
    assert Hyperparameters("sgd", "step", 0.1, 0).id == "sgd-step_lr1e-1_wd0"


@pytest.fixture(scope="module")
def recipes():
    return read_recipes("config/recipes")


def test_the_papers_grid_has_three_pairs_of_twenty_points(recipes):
    ids = list(recipes["finetune"].hyperparameters)
    assert len(ids) == len(set(ids)) == 60
    for pair in ("adamw-cosine", "sgd-cosine", "sgd-step"):
        assert sum(hp.startswith(f"{pair}_") for hp in ids) == 20
    rates = {p.learning_rate for p in recipes["finetune"].hyperparameters.values()}
    assert rates == {1e-1, 1e-2, 1e-3, 1e-4, 1e-5}


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("melanoma", {"epochs": 10, "step_milestones": (5,), "vertical_flip": True,
                      "channel_order": "bgr"}),
        ("eurosat", {"epochs": 30, "horizontal_flip": False, "vertical_flip": False,
                     "image_size": 224, "channel_order": "rgb"}),
        ("cct20", {"selection_split": "val", "report_split": "test", "channel_order": "bgr",
                   "step_milestones": (15, 20, 25), "vertical_flip": False}),
        ("cassava", {"vertical_flip": True, "channel_order": "rgb", "image_size": 256}),
        ("hpa", {"vertical_flip": True, "channel_order": "bgr"}),
    ],
)  # fmt: skip
def test_settings_by_dataset_follow_appendix_d_and_the_authors_code(recipes, dataset, expected):
    settings = recipes["finetune"].settings(dataset, replace(ROW, input_size=256))
    assert {key: getattr(settings, key) for key in expected} == expected
    assert settings.batch_size == 128
    assert settings.adamw_weight_decay == "divided_by_lr"


def test_the_image_size_is_the_models_unless_the_recipe_says_otherwise(recipes):
    assert recipes["finetune"].settings("aptos", ROW).image_size == 224
    assert recipes["finetune"].settings("aptos", replace(ROW, input_size=256)).image_size == 256


def test_a_recipe_changes_only_what_it_says_of_the_one_it_is_like(recipes):
    ours = recipes["finetune_corrected"].settings("melanoma", ROW)
    base = recipes["finetune"].settings("melanoma", ROW)
    changed = {k for k in vars(base) if getattr(base, k) != getattr(ours, k)}
    assert changed == {"channel_order", "normalisation"}


def test_the_digest_follows_settings_and_weights_and_nothing_else(recipes):
    settings = recipes["finetune"].settings("aptos", ROW)
    digest = settings_digest(settings, ROW)
    assert digest == settings_digest(settings, replace(ROW, year=1999))
    assert digest != settings_digest(settings, replace(ROW, weights="a.c"))
    assert digest != settings_digest(recipes["finetune"].settings("melanoma", ROW), ROW)


def test_an_unknown_point_names_its_neighbours(recipes):
    with pytest.raises(UserError, match=r"no point .*near: .*adamw-cosine_lr1e-3_wd1e-4"):
        recipes["finetune"].point("adamw-cosine_lr1e-3_wd1e-44")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {like: b}\n", "no recipe 'b'"),
        ("a: {like: b}\nb: {like: a}\n", "in a circle: a -> b -> a"),
        ("a: {epoch: 3}\n", "did you mean 'epochs'"),
        ("a: {epochs: 3}\n", "missing .*batch_size"),
        ("a: {datasets: {x: {grid: []}}}\n", "unknown key 'grid'"),
    ],
)
def test_faults_in_the_file_are_named(tmp_path, text, message):
    path = tmp_path / "recipes.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_recipes(path)


def folder_of(path, **files):
    """A folder of recipes: the content of each file by its stem."""
    for stem, text in files.items():
        (path / f"{stem}.yaml").write_text(text)
    return path


def test_like_reaches_across_files(recipes, tmp_path):
    papers = Path("config/recipes/fang2023.yaml").read_text()
    own = "ours: {like: finetune_corrected, epochs: 3}\n"
    both = read_recipes(folder_of(tmp_path, papers=papers, own=own))
    settings = both["ours"].settings("aptos", ROW)
    assert settings == replace(recipes["finetune_corrected"].settings("aptos", ROW), epochs=3)
    # What a selection depends on: its own file and that of the recipe it is like.
    assert both["ours"].files == (tmp_path / "own.yaml", tmp_path / "papers.yaml")
    assert both["finetune_corrected"].files == (tmp_path / "papers.yaml",)


def test_a_name_in_two_files_is_refused_naming_both(tmp_path):
    folder_of(tmp_path, a="x: {epochs: 1}\n", b="x: {epochs: 2}\n", **{".hidden": "x: {}\n"})
    with pytest.raises(UserError, match=r"b\.yaml: x: .*a\.yaml has a recipe of this name"):
        read_recipes(tmp_path)


def test_a_mistake_names_the_file_of_the_folder(tmp_path):
    folder_of(tmp_path, a="x: {epochs: 1, like: z}\n", b="y: {epochs: 2}\n")
    with pytest.raises(UserError, match=r"a\.yaml: x\.like: no recipe 'z'"):
        read_recipes(tmp_path)
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "b.yaml").unlink()
    with pytest.raises(UserError, match="holds no file of recipes"):
        read_recipes(tmp_path)
