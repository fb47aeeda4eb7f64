"""Errors in a study are reported when it is read, not after its runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from transfer.errors import UserError
from transfer.metrics import METRICS
from transfer.study.checks import study_problems
from transfer.study.checks.libraries import Network
from transfer.study.config import study_files
from transfer.study.study import Part, read_study
from transfer.study.views import Shown

CONFIG = Path(__file__).parents[2] / "config"
CORRELATION = Shown("correlation")
HOLDOUT = {"holdout": {"fraction": 0.2, "seed": 0}}


@pytest.fixture(scope="module")
def problems(tables):
    models, datasets, recipes = tables

    def of(study, networks=None, **changed):
        blocks = datasets | {
            name: replace(datasets[name], **block) for name, block in changed.items()
        }
        return study_problems(study, models, blocks, recipes, networks)

    return of


def study(
    datasets=("aptos", "eurosat"), models=("resnet50",), recipe="finetune", metrics=None, **changed
):
    main = Part(tuple(datasets), tuple(models), recipe, metrics or {})
    changed = {"tables": {"table02": CORRELATION}, "figures": {}} | changed
    return replace(
        read_study(CONFIG / "studies" / "fang2023.yaml"), parts={"main": main}, **changed
    )


def test_the_studies_that_are_shipped_have_no_problem(problems):
    for path in study_files(CONFIG / "studies"):
        assert problems(read_study(path)) == []


def of(datasets, recipe="finetune", **changed):
    return study(datasets, recipe=recipe, **changed)


DATA = "parts.main.datasets: '{}' in config/datasets.yaml: {}".format
RECIPE = "parts.main: recipe '{}' {}".format
GIVE_TEST = (
    "set `{}: {{selection_split: test, report_split: test}}` under datasets of the recipe, or draw "
    "other splits"
).format
LISTED = {"split": {"method": "listed"}}


@pytest.mark.parametrize(
    ("asked", "changed", "expected"),
    [
        (
            of(["pets"]),
            {},
            [
                RECIPE(
                    "finetune",
                    "selects by and reports the split 'val', which 'pets' does not have (train, "
                    f"test): {GIVE_TEST('pets')}",
                ),
            ],
        ),
        (
            of(["voc2007"]),
            {},
            [],
        ),
        (of(["dtd", "cifar10"]), {}, []),
        (
            of(["caltech101"]),
            {"caltech101": {"metric": "accuracy"}},
            [
                RECIPE(
                    "finetune",
                    "selects by and reports the split 'val', which 'caltech101' does not have "
                    f"(train, test): {GIVE_TEST('caltech101')}",
                )
            ],
        ),
        (
            of(["aptos"]),
            {"aptos": {"multilabel": True}},
            [
                DATA(
                    "aptos",
                    "metric: quadratic_weighted_kappa needs one label per image, and multilabel is "
                    "true",
                )
            ],
        ),
        (
            of(["cassava"]),
            {"cassava": LISTED},
            [
                DATA(
                    "cassava",
                    "split: layout 'table' publishes no splits that method 'listed' could read; "
                    "choose a method that draws them, or name the column of splits",
                ),
                RECIPE(
                    "finetune",
                    "selects by and reports the split 'val', which 'cassava' does not have (none): "
                    "choose a split method in config/datasets.yaml that draws one",
                ),
            ],
        ),
        (
            of(["aptos"]),
            {"aptos": {"metric": "acuracy"}},
            [DATA("aptos", f"metric: training computes no acuracy, but {', '.join(METRICS)}")],
        ),
        (of(["dtd"], metrics={"dtd": "mean_per_class_accuracy"}), {}, []),
        (
            of(
                ["dtd", "voc2007"], metrics={"dtd": "roc_auc", "voc2007": "mean_per_class_accuracy"}
            ),
            {},
            [
                "parts.main.metrics: 'dtd': runs record roc_auc of datasets alone whose own metric "
                "it is, and that of 'dtd' is accuracy: set `metric: roc_auc` in "
                "config/datasets.yaml, which prepares and trains it again, or take another metric",
                "parts.main.metrics: 'voc2007': mean_per_class_accuracy needs one label per image, "
                "and multilabel is true",
            ],
        ),
        # What lies in folders of one's own shows when they are prepared.
        (of(["eurosat"]), {"eurosat": LISTED}, []),
        (
            of(["eurosat"]),
            {"eurosat": {"layout": {"kind": "csv", "path": "own.csv"}, **LISTED}},
            [
                DATA(
                    "eurosat",
                    "split: layout 'csv' publishes no splits that method 'listed' could read; "
                    "choose a method that draws them, or name the column of splits",
                ),
                RECIPE(
                    "finetune",
                    "selects by and reports the split 'val', which 'eurosat' does not have (none): "
                    "choose a split method in config/datasets.yaml that draws one",
                ),
            ],
        ),
        (
            of(["eurosat"]),
            {"eurosat": {"split": {"method": "folds", "seed": 0, "fraction": 0.8}}},
            [
                DATA(
                    "eurosat",
                    "split: method 'folds' needs a column of folds: `fold` under a layout of kind "
                    "'table'",
                )
            ],
        ),
        (
            of(["aptos"]),
            {"aptos": {"evaluation_sizes": [224]}},
            [
                RECIPE(
                    "finetune",
                    "shows 'resnet50' images of 256 px: add 256 to evaluation_sizes of 'aptos' in "
                    "config/datasets.yaml",
                )
            ],
        ),
        (
            of(["aptos", "cct20"], selection="honest"),
            {},
            [
                RECIPE(
                    "finetune",
                    "selects by and reports the split 'val' of 'aptos', so no selection is honest: "
                    "use a recipe that reports another split, such as finetune_holdout, or set "
                    "selection: as_published",
                )
            ],
        ),
        (
            of(["eurosat", "cifar10"], "finetune_holdout", selection="honest"),
            {},
            [
                RECIPE(
                    "finetune_holdout",
                    "reports the split 'test', which 'eurosat' does not have (train, val): add "
                    "`holdout: {fraction: 0.2, seed: 0}` to its split in config/datasets.yaml",
                ),
                RECIPE(
                    "finetune_holdout",
                    "selects by the split 'val', which 'cifar10' does not have (train, test): add "
                    "`holdout: {fraction: 0.2, seed: 0}` to its split in config/datasets.yaml",
                ),
            ],
        ),
        (
            of(["eurosat", "cifar10"], "finetune_holdout", selection="honest"),
            {
                "eurosat": {"split": {"method": "per_class", **HOLDOUT}},
                "cifar10": {"split": {"method": "listed", **HOLDOUT}},
            },
            [],
        ),
        (
            of(["aptos"], weights="random"),
            {},
            [
                "weights: the study says random, as one without this key does, but recipe "
                "'finetune' of parts.main starts from pretrained weights; change one of them"
            ],
        ),
        (study(models=["lcnet_050"], imagenet_top1="library"), {}, []),
        (
            study(models=["resnet50", "resnet50_augmix"], imagenet_top1="library"),
            {},
            [
                "imagenet_top1: column imagenet_top1_library of config/models.tsv is empty for "
                "resnet50_augmix: fill it, or leave it out"
            ],
        ),
        (
            study(models=["lcnet_050", "resnet50_augmix"], imagenet_top1="library"),
            {},
            [
                "imagenet_top1: column imagenet_top1_library of config/models.tsv is empty for "
                "resnet50_augmix: fill it, or leave it out"
            ],
        ),
        (
            study(
                tables={"table08": Shown("values", {"parts": ["clip"]}), "table02": CORRELATION},
                figures={"figure8": Shown("against_imagenet", {"stars": "clip"})},
            ),
            {},
            [
                "figures.figure8: view 'against_imagenet' shows the part 'clip', which this study "
                "lacks",
                "tables.table08: view 'values' shows the part 'clip', which this study lacks",
            ],
        ),
        (
            study(["aptos"], tables={"table12": Shown("f_tests"), "table02": CORRELATION}),
            {},
            [
                "tables.table12: view 'f_tests' compares each dataset with the others, and part "
                "'main' has 1: it needs 2"
            ],
        ),
        (
            study(["apots"], ["resnet51"], "finetine"),
            {},
            [
                "parts.main.datasets: 'apots' is not in config/datasets.yaml; did you mean "
                "'aptos'?",
                "parts.main.models: 'resnet51' is not in config/models.tsv; did you mean "
                "'resnet50'?",
                "parts.main.recipe: 'finetine' is not in config/recipes; did you mean 'finetune'?",
            ],
        ),
    ],
)
def test_all_that_is_wrong_is_listed(problems, asked, changed, expected):
    assert problems(asked, **changed) == expected


FIGURE = Shown("against_imagenet")


@pytest.mark.parametrize(
    ("kind", "shown", "expected"),
    [
        ("figures", Shown("against_imagnet"), "no view 'against_imagnet' in scripts/figures; did"),
        ("tables", Shown("histogram"), "no view 'histogram' in scripts/tables; there are "),
        (
            "figures",
            replace(FIGURE, options={"trough": "spline"}),
            "scripts/figures/against_imagenet.py: unknown key 'trough' (did you mean 'through'?)",
        ),
        (
            "figures",
            replace(FIGURE, options={"axes": "log"}),
            "scripts/figures/against_imagenet.py: axes: 'log' is not one of",
        ),
        (
            "figures",
            Shown("transfer_by_distance"),
            "view 'transfer_by_distance' reads joint, which a study of source runs does not have",
        ),
        ("tables", Shown("as_printed"), "set the table of the paper that view 'as_printed' shows"),
        ("tables", Shown("correlation", printed="table20"), "has no table20.csv; did you mean"),
    ],
)
def test_what_a_study_cannot_show_is_refused(problems, kind, shown, expected):
    nothing = {"tables": {}, "figures": {}}
    number = {"tables": "table05", "figures": "figure5"}[kind]
    (problem,) = problems(study(**nothing | {kind: {number: shown}}))
    assert problem.startswith(f"{kind}.{number}: ") and expected in problem


def test_any_subset_of_the_views_is_a_study(problems):
    whole = read_study(CONFIG / "studies" / "fang2023.yaml")
    for kind in ("figures", "tables"):
        for number, shown in getattr(whole, kind).items():
            alone = {"figures": {}, "tables": {}} | {kind: {number: shown}}
            assert problems(replace(whole, **alone)) == []


def test_what_a_paper_prints_is_compared_with_a_paper_alone(problems):
    shown = {"table02": Shown("correlation", printed="table02")}
    (problem,) = problems(study(tables=shown, paper=None))
    assert problem == "tables.table02: printed: 'table02' of which paper? Say `paper:` in the study"


def test_a_part_is_drawn_against_imagenet_where_a_view_shows_it(problems):
    """CLIP's models have no accuracy of a library: they have no ImageNet classifier."""
    clip = Part(("aptos",), ("clip_rn50",), "finetune")
    both = study(imagenet_top1="library", tables={"table02": CORRELATION})
    both = replace(both, parts=both.parts | {"clip": clip})
    assert problems(both) == []
    tables = {"table02": CORRELATION, "table08": Shown("values", {"parts": ["clip"]})}
    (problem,) = problems(replace(both, tables=tables))
    assert "imagenet_top1_library of config/models.tsv is empty for clip_rn50" in problem


def test_two_parts_compare_the_same_runs_by_one_metric(problems):
    plain = study(["aptos"])
    other = replace(plain.parts["main"], metrics={"aptos": "accuracy"})
    (problem,) = problems(replace(plain, parts={**plain.parts, "other": other}))
    assert "'aptos' is compared by another metric in the part 'main'" in problem
    # By the dataset's own metric, said or not.
    same = replace(plain.parts["main"], metrics={"aptos": "quadratic_weighted_kappa"})
    assert problems(replace(plain, parts={**plain.parts, "other": same})) == []


def test_a_metric_holds_for_all_parts_or_for_one(tmp_path):
    text = (CONFIG / "studies" / "fang2023.yaml").read_text()
    path = tmp_path / "own.yaml"
    path.write_text(f"{text}\nmetrics: {{aptos: accuracy}}\n")
    found = read_study(path)
    assert all(part.metrics == {"aptos": "accuracy"} for part in found.parts.values()
               if "aptos" in part.datasets)  # fmt: skip
    path.write_text(f"{text}\nmetrics: {{atpos: accuracy}}\n")
    with pytest.raises(UserError, match="metrics: 'atpos' is in no part of this study"):
        read_study(path)


def test_a_network_takes_the_images_that_the_recipe_shows(problems):
    tied = {"resnet50": Network("torchvision 1", only_size=224)}
    # 224 px on EuroSAT, 256 px on APTOS.
    assert problems(study(), tied) == [
        "parts.main: recipe 'finetune' shows 'resnet50' images of 256 px, but its network takes "
        "224 px only: set `resnet50: {image_size: 224}` under models of the recipe"
    ]
