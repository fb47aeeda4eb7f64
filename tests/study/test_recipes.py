import re
from dataclasses import replace
from pathlib import Path

import pytest
from stand_in_tables import a_model
from training_process import RECIPES

from transfer.errors import UserError
from transfer.study.hyperparameters import expand_grid, point_id, short_number
from transfer.study.methods import METHODS, OF_OPTIMISERS, Method
from transfer.study.recipe import settings_digest
from transfer.study.recipes import hp_pattern, read_recipes
from transfer.study.settings import Settings
from transfer.validation import load_schema

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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("adamw", "cosine", 1e-3, 1e-4), "adamw-cosine_lr1e-3_wd1e-4"),
        (("sgd", "step", 0.1, 0), "sgd-step_lr1e-1_wd0"),
        ((None, None, 1e-3, 1e-4), "lr1e-3_wd1e-4"),
        (("sgd", None, 0.1, None), "sgd_lr1e-1"),
        ((None, None, None, 0), "wd0"),
    ],
)
def test_ids_name_the_axes_that_vary(values, expected):
    given = {a: v for a, v in zip(OF_OPTIMISERS, values, strict=True) if v is not None}
    assert point_id(OF_OPTIMISERS, given) == expected


def test_an_axis_may_be_named_by_its_letters_and_digits():
    points = expand_grid({"l2": "_l2_"}, [{"l2": [1e-6, 0.001, 0, 10]}])
    assert [point.id for point in points] == ["l2_1e-6", "l2_1e-3", "l2_0", "l2_1e1"]
    assert [point.values for point in points][1] == {"l2": 0.001}


@pytest.fixture(scope="module")
def recipes():
    return read_recipes("config/recipes")


def test_the_papers_grid_is_sixty_points_in_their_order(recipes):
    """As the ids were written before grids had axes; results.csv of any date names them."""
    expected = [
        f"{pair}_lr1e-{rate}_wd{decay}"
        for pair, rates in (
            ("adamw-cosine", (2, 3, 4, 5)), ("sgd-cosine", (1, 2, 3, 4)), ("sgd-step", (1, 2, 3, 4))
        )
        for rate in rates
        for decay in ("1e-3", "1e-4", "1e-5", "1e-6", "0")
    ]  # fmt: skip
    points = recipes["finetune"].hyperparameters
    assert len(expected) == 60 and list(points) == expected
    values = points["sgd-step_lr1e-1_wd0"].values
    assert values == {
        "optimizer": "sgd", "schedule": "step", "learning_rate": 0.1, "weight_decay": 0
    }  # fmt: skip


def test_paths_take_the_ids_of_the_grids_and_nothing_else(recipes):
    pattern = hp_pattern(recipes.values())
    for recipe in recipes.values():
        assert all(re.fullmatch(pattern, hp) for hp in recipe.hyperparameters)
    for other in ("final-0", "final-17", "adamw-cosine_lr1e-3_wd1e-44", "lr1e-3", ""):
        assert not re.fullmatch(pattern, other)


def test_no_id_of_any_method_looks_like_a_final_run():
    """Where a grid names one axis alone, the id begins with it."""
    rules = load_schema("recipes")["$defs"]["settings"]
    for method in METHODS.values():
        for axis in method.axes:
            for value in rules[axis].get("enum", [0, 1, 0.1]):
                assert not point_id(method.axes, {axis: value}).startswith("final")


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
        ("a: {like: b}\nb: {like: a}\n", "circular 'like': a -> b -> a"),
        ("a: {epoch: 3}\n", "did you mean 'epochs'"),
        ("a: {epochs: 3}\n", r"a: missing method \(finetune, "),
        ("a: {method: finetune, epochs: 3}\n", "missing .*batch_size"),
        ("a: {method: logistic_regression}\n", "a.method: no method 'logistic_regression'"),
        ("a: {method: pretrian}\n", "did you mean 'pretrain'"),
        ("a: {datasets: {x: {grid: []}}}\n", "unknown key 'grid'"),
    ],
)
def test_faults_in_the_file_are_named(tmp_path, text, message):
    path = tmp_path / "recipes.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        read_recipes(path)["a"]


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
    both = r"b\.yaml: line 1: duplicate recipe 'x', which is in .*a\.yaml: line 1 as well"
    with pytest.raises(UserError, match=both):
        read_recipes(tmp_path)["x"]


def test_a_mistake_names_the_file_of_the_folder(tmp_path):
    folder_of(tmp_path, a="x: {epochs: 1, like: z}\n", b="y: {epochs: 2}\n")
    with pytest.raises(UserError, match=r"a\.yaml: x\.like: no recipe 'z'"):
        read_recipes(tmp_path)["x"]
    (tmp_path / "a.yaml").unlink()
    (tmp_path / "b.yaml").unlink()
    with pytest.raises(UserError, match="contains no file of recipes"):
        read_recipes(tmp_path)


def own_recipe(path, text):
    """A recipe `own` beside the `quick` one of the tests."""
    path.write_text(f"{RECIPES}own: {{like: quick, {text}}}\n")
    return read_recipes(path)["own"]


def test_what_the_grid_does_not_vary_is_a_setting(tmp_path):
    grid = "{learning_rate: [0.1, 0.01], weight_decay: [0.001, 0]}"
    recipe = own_recipe(tmp_path / "r.yaml", f"optimizer: sgd, schedule: cosine, grid: {grid}")
    assert list(recipe.hyperparameters) == [
        "lr1e-1_wd1e-3", "lr1e-1_wd0", "lr1e-2_wd1e-3", "lr1e-2_wd0"
    ]  # fmt: skip
    settings = recipe.settings("squares", ROW).at(recipe.point("lr1e-2_wd1e-3").values)
    assert (settings.optimizer, settings.schedule) == ("sgd", "cosine")
    assert (settings.learning_rate, settings.weight_decay) == (0.01, 0.001)
    # As settings they are part of what all runs of a cell share.
    other = replace(recipe.settings("squares", ROW), optimizer="adamw")
    assert settings_digest(other, ROW) != settings_digest(recipe.settings("squares", ROW), ROW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grid: {optimiser: [sgd]}", r"no axis 'optimiser' \(did you mean 'opt"),
        ("grid: {seed: [1]}", "the method has no axis 'seed'"),
        ("grid: {optimizer: [sdg]}", "own.grid.optimizer: 'sdg' is not one of"),
        ("grid: {learning_rate: [0]}", "own.grid.learning_rate: 0 is less than"),
        ("grid: {learning_rate: 0.1}", "own.grid.learning_rate: 0.1 is not of type 'array'"),
        ("grid: {learning_rate: []}", "own.grid.learning_rate: .* non-empty"),
        ("grid: {learning_rate: [0.1], weight_decay: [0]}", "own: missing optimizer, in its"),
        ("optimizer: sgd", "own: optimizer is an axis of its grid and a setting"),
        ("datasets: {pets: {weight_decay: 0.1}}", "own: weight_decay is an axis of its grid and a"),
        ("optimizer: sgd, schedule: step, weight_decay: 0, grid: {learning_rate: [0.1, 0.10]}",
         "own.grid: duplicate point"),
    ],
)  # fmt: skip
def test_a_mistaken_grid_is_refused_by_its_axis(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        own_recipe(tmp_path / "r.yaml", text)


def test_a_pre_training_starts_from_random_weights(tmp_path):
    recipe = own_recipe(tmp_path / "r.yaml", "method: pretrain, datasets: {pets: {epochs: 9}}")
    assert recipe.method == "pretrain"
    settings = recipe.settings("pets", ROW)
    assert (settings.method, settings.weights, settings.epochs) == ("pretrain", "random", 9)
    assert settings.at({"learning_rate": 0.5}).weights == "random"
    assert settings.content()["method"] == "pretrain"
    for own in ("weights: pinned", "datasets: {pets: {weights: pinned}}"):
        with pytest.raises(UserError, match=r"weights: method 'pretrain' has no such setting"):
            own_recipe(tmp_path / "r.yaml", f"method: pretrain, {own}")


def test_a_method_with_axes_of_its_own_is_a_row(tmp_path, monkeypatch):
    monkeypatch.setitem(METHODS, "toy", Method(Settings, {"batch_size": "_n"}))
    recipe = own_recipe(tmp_path / "r.yaml", "method: toy, grid: {batch_size: [2, 30]}")
    assert list(recipe.hyperparameters) == ["n2", "n3e1"]


def test_a_recipe_that_counts_steps_takes_over_nothing_counted_in_epochs(recipes, tmp_path):
    text = (
        Path("config/recipes/fang2023.yaml").read_text()
        + """
stepped:
  like: finetune
  steps: 200
  warmup_steps: 20
  evaluate_every: 50
  schedule: cosine
  optimizer: sgd
  grid: {learning_rate: [0.1], weight_decay: [0]}
  datasets: {pets: {steps: 1000}}
back: {like: stepped, epochs: 3, datasets: {cct20: {steps: 7}}}
"""
    )
    (tmp_path / "own.yaml").write_text(text)
    both = read_recipes(tmp_path)
    # Melanoma has 10 epochs and milestones of its own in `finetune`.
    ours = both["stepped"].settings("melanoma", ROW)
    assert (ours.steps, ours.epochs, ours.warmup_steps, ours.evaluations) == (200, 0, 20, 4)
    assert ours.step_milestones == () and ours.vertical_flip
    assert both["stepped"].settings("pets", ROW).steps == 1000
    back = both["back"].settings("melanoma", ROW)
    assert (back.epochs, back.steps, back.warmup_steps, back.evaluations) == (3, 0, 0, 3)
    assert both["back"].settings("pets", ROW).epochs == 3
    one = both["back"].settings("cct20", ROW)
    assert (one.steps, one.epochs, one.evaluations) == (7, 0, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs: 3, steps: 100", "own: say either epochs or steps"),
        ("warmup_steps: 3", "own.warmup_steps: counts steps, and the recipe counts epochs"),
        ("models: {deit_tiny: {evaluate_every: 3}}", "own.models.deit_tiny.evaluate_every: counts"),
        (
            "steps: 9, evaluate_every: 10, step_milestones: [3]",
            "own.evaluate_every: more than the 9",
        ),
        ("steps: 9, warmup_steps: 9, step_milestones: [3]", "own.warmup_steps: as many as the 9"),
        ("steps: 9", "own: missing step_milestones, which schedule step needs"),
    ],
)
def test_counts_that_contradict_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        own_recipe(tmp_path / "r.yaml", text)


def test_settings_that_are_not_stated_leave_no_trace(recipes):
    content = recipes["finetune"].settings("aptos", ROW).content()
    later = {"method", "steps", "evaluate_every", "warmup_steps", "sgd_weight_decay", "optimizer",
             "schedule", "learning_rate", "weight_decay", "augmentation",
             "head_on"}  # fmt: skip
    assert not later & content.keys() and len(content) == 22


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("finetune_augmix", {"kind": "augmix", "severity": 3, "mixture_width": 3,
                             "chain_depth": -1, "alpha": 1, "all_ops": True,
                             "interpolation": "bilinear", "fill": 0}),
        ("finetune_randaugment", {"kind": "randaugment", "num_ops": 2, "magnitude": 9,
                                  "num_magnitude_bins": 31, "interpolation": "nearest",
                                  "fill": 0}),
    ],
)  # fmt: skip
def test_augmentations_of_section_5_1_train_for_fifty_epochs(recipes, name, expected):
    settings, base = recipes[name].settings("aptos", ROW), recipes["finetune_50"]
    assert settings.content()["augmentation"] == expected
    assert recipes[name].functions == ("finetune", expected["kind"])
    assert settings.epochs == 50 and settings.step_milestones == (25, 33, 42)
    assert replace(settings, augmentation=None) == base.settings("aptos", ROW)
    assert recipes[name].points == base.points == recipes["finetune"].points
    digest = settings_digest(settings, ROW)
    other = replace(settings.augmentation, fill=128)
    assert digest != settings_digest(replace(settings, augmentation=other), ROW)


def test_options_that_are_not_stated_are_recorded_with_their_defaults(recipes, tmp_path):
    recipe = own_recipe(tmp_path / "r.yaml", "augmentation: {kind: randaugment}")
    short = recipe.settings("aptos", ROW).augmentation
    assert short == recipes["finetune_randaugment"].settings("aptos", ROW).augmentation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("augmentation: {kind: augmux}", "'augmux' is not one of"),
        ("augmentation: {severity: 3}", "missing 'kind'"),
        ("augmentation: {kind: randaugment, severity: 3}", "unknown key 'severity'"),
        ("augmentation: {kind: augmix, num_ops: 3}", "unknown key 'num_ops'"),
        ("augmentation: {kind: randaugment, magnitude: 31}", "31 is not among the 31 bins"),
        ("augmentation: {kind: augmix, severity: 11}", "11 is greater than"),
        ("datasets: {pets: {augmentation: {kind: augmix}}}", "unknown key 'augmentation'"),
    ],
)
def test_a_mistaken_augmentation_is_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        own_recipe(tmp_path / "r.yaml", text)


def test_a_recipe_may_leave_out_the_augmentation_of_the_one_it_is_like(tmp_path):
    text = (
        "own: {like: quick, augmentation: {kind: augmix}}\nback: {like: own, augmentation: null}\n"
    )
    (tmp_path / "r.yaml").write_text(RECIPES + text)
    both = read_recipes(tmp_path / "r.yaml")
    settings = both["back"].settings("pets", ROW)
    assert settings == both["quick"].settings("pets", ROW)
    assert both["back"].functions == ("finetune", "plain") != both["own"].functions


def test_clip_is_probed_for_a_third_of_the_epochs_and_then_fine_tuned(recipes):
    recipe = recipes["clip"]
    for dataset, epochs, probed in (("cct20", 30, 10), ("melanoma", 10, 3)):
        settings = recipe.settings(dataset, ROW)
        assert (settings.epochs, settings.probe_epochs) == (epochs, probed)
    larger = replace(ROW, id="clip_vit_l14_336", input_size=336)
    assert recipe.settings("eurosat", larger).image_size == 336
    assert recipe.settings("eurosat", ROW).image_size == 224
    point = settings.at(recipe.point("lr1e-5_wd0").values)
    assert (point.optimizer, point.schedule, point.learning_rate) == ("adamw", "cosine", 1e-5)
    assert (point.head_on, point.normalisation) == ("embedding", "model")
    # Three learning rates and five weight decays in each part.
    assert len(recipe.points) == 15
    assert len(point.probe_learning_rates) == 3 and len(point.probe_weight_decays) == 5
    assert {"probe_epochs", "head_on", "method"} <= point.content().keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("probe_epochs: 2", "method 'finetune' has no such setting"),
        ("method: probe_then_finetune", "missing probe_epochs, probe_learning_rates, probe_weight"),
        ("method: probe_then_finetune, probe_learning_rates: [0.1], probe_weight_decays: [0], "
         "probe_epochs: 4", "own.probe_epochs: say more epochs in all"),
        ("method: probe_then_finetune, probe_learning_rates: [0.1], probe_weight_decays: [0], "
         "probe_epochs: 4, steps: 30", "own.probe_epochs: say more epochs in all"),
    ],
)  # fmt: skip
def test_a_mistaken_probe_is_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        own_recipe(tmp_path / "r.yaml", text)
