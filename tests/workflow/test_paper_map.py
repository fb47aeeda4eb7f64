"""`all` makes what the paper shows from the runs that its text names, and README says where.

Nothing here is taken from config: the grid is written out as Appendix D has it.
"""

import json
import re
import shutil
from itertools import product

import pandas as pd
import pytest
from checkout import ROOT, copy_checkout, run_snakemake

from transfer.study.expected import expected_runs
from transfer.study.model import read_models
from transfer.study.recipe import settings_digest
from transfer.study.recipes import read_recipes
from transfer.study.study import read_study

PRINTED = ROOT / "resources" / "published" / "fang2023"
# Section 3.2 and Appendix E.
DATASETS = ("cct20", "aptos", "hpa", "melanoma", "cassava", "eurosat", "cifar10")
# Appendix C.1, Table 4.
MODELS = tuple(pd.read_csv(PRINTED / "table04.csv")["model"])
# Appendix D: "For SGD experiments, we ... try learning rates of 1e-1, 1e-2, 1e-3, and 1e-4. For
# AdamW experiments, we try learning rates of 1e-2, 1e-3, 1e-4, 1e-5. For all experiments, we try
# weight decays of 1e-3, 1e-4, 1e-5, 1e-6, and 0." Appendix C.2: AdamW with a cosine schedule, SGD
# with a cosine and with a multi-step one. So no grid of the main experiments is lost in our text.
SGD, ADAMW = ("1e-1", "1e-2", "1e-3", "1e-4"), ("1e-2", "1e-3", "1e-4", "1e-5")
WEIGHT_DECAYS = ("1e-3", "1e-4", "1e-5", "1e-6", "0")
GRID = [
    f"{pair}_lr{rate}_wd{decay}"
    for pair, rates in (("adamw-cosine", ADAMW), ("sgd-cosine", SGD), ("sgd-step", SGD))
    for rate, decay in product(rates, WEIGHT_DECAYS)
]
# Section 5.1 and Appendix G: three ResNet-50 and two DeiT on two datasets with three augmentations
# in fine-tuning, for 50 epochs. Which settings were tried it does not say: those of the main
# experiments. AugMix' own checkpoint must be placed, so its runs are not among those of a fresh
# checkout.
AUGMENTED = ("resnet50", "resnet50_randaugment", "deit_tiny", "deit_small")
AUGMENTATIONS = ("finetune_50", "finetune_augmix", "finetune_randaugment")
# Of side studies that are not trained yet: APTOS interventions and CLIP.
NOT_YET = {"table05", "table06", "table08", "table09", "figure8"}
PAPER = [*(f"table{n:02d}" for n in range(1, 15)), *(f"figure{n}" for n in range(1, 10))]


@pytest.fixture(scope="module")
def dag(tmp_path_factory) -> str:
    """Every job of `all` with its outputs and its command."""
    checkout = copy_checkout(tmp_path_factory.mktemp("map") / "checkout")
    done = run_snakemake(checkout, "--dry-run", "-p", "all")
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def named(place: str) -> str:
    """`Table 4` as table04, `Figure 4` as figure4."""
    kind, number = place.split()
    return f"table{int(number):02d}" if kind == "Table" else f"figure{number}"


def readme_map() -> dict[str, str]:
    """The cell of README's table that says where each table and figure is, by number."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:Table|Figure) \d+) \|.*\| ([^|]*) \|$", text, re.M)
    return {named(place): where for place, where in rows}


def made_by(dag: str) -> set[str]:
    """The figures and tables that `all` makes, as paths below the study's results."""
    return set(re.findall(r"--output results/fang2023/((?:figures|tables)/\S+)", dag))


def test_the_readme_maps_every_table_and_figure_of_the_paper():
    assert sorted(readme_map()) == sorted(PAPER)


def test_what_the_readme_names_is_what_all_makes(dag):
    there = {number: where for number, where in readme_map().items() if number not in NOT_YET}
    suffixes = {"table": ("tables", "csv"), "figure": ("figures", "svg")}
    for number, where in there.items():
        folder, suffix = suffixes[number.rstrip("0123456789")]
        assert where == f"`{folder}/{number}.{suffix}`"
    assert {where.strip("`") for where in there.values()} <= made_by(dag)


def test_what_is_not_there_yet_is_not_claimed(dag):
    assert {readme_map()[number] for number in NOT_YET} == {"not yet"}
    made = {path.partition("/")[2].partition(".")[0] for path in made_by(dag)}
    assert not NOT_YET & made
    assert set(PAPER) - NOT_YET <= made


def test_all_trains_the_grid_of_the_text_and_nothing_else(dag):
    trained = re.findall(r"output: (results/runs/\S+)", dag)
    cells = [
        *product(DATASETS, MODELS, ("finetune",)),
        *product(("cct20", "aptos"), AUGMENTED, AUGMENTATIONS),
    ]
    expected = {
        f"results/runs/{'/'.join(cell)}/{hp}/metrics.json" for cell, hp in product(cells, GRID)
    }
    assert len(expected) == len(trained) == 19 * 7 * 60 + 2 * 4 * 3 * 60
    assert set(trained) == expected


def test_the_runs_that_wait_for_a_checkpoint_are_named_where_they_are_selected(dag):
    (absent,) = re.findall(r"--absent '(\{.*?\})'", dag)
    cells = json.loads(absent)
    waiting = product(("cct20", "aptos"), ("resnet50_augmix",), AUGMENTATIONS)
    assert sorted(cells) == sorted("/".join(cell) for cell in waiting)
    assert all("weights_files: resnet50_augmix" in why for why in cells.values())


def test_each_model_is_fetched_and_each_dataset_prepared_once(dag):
    fetched = re.findall(r"Missing output files: resources/weights/(\w+)\.json", dag)
    assert sorted(fetched) == sorted({*MODELS, *AUGMENTED})
    prepared = re.findall(r"Missing output files: results/data/(\w+)/index\.csv", dag)
    assert sorted(prepared) == sorted(DATASETS)


def test_three_seeds_of_each_chosen_setting_are_an_option_of_the_recipe(tmp_path):
    """`final: {seeds: [0, 1, 2]}`: three more runs of each cell, and no other run changes."""
    folder = tmp_path / "recipes"
    shutil.copytree(ROOT / "config" / "recipes", folder)
    path = folder / "fang2023.yaml"
    text = path.read_text()
    path.write_text(text.replace("  method: finetune\n", "  method: finetune\n" + FINAL, 1))
    study = read_study(ROOT / "config" / "studies" / "fang2023.yaml")
    models = read_models(ROOT / "config" / "models.tsv")
    before, after = (read_recipes(where) for where in (ROOT / "config" / "recipes", folder))
    runs = [set(expected_runs(study, one, models)) for one in (before, after)]
    further = sorted(run.hp for run in runs[1] - runs[0])
    assert runs[0] < runs[1]
    # Of the augmentation study too, whose recipes are like that of the main experiments.
    assert further == sorted(["final-0", "final-1", "final-2"] * (19 * 7 + 5 * 2 * 3))
    for dataset, model in product(DATASETS, MODELS):
        digests = {
            settings_digest(one["finetune"].settings(dataset, models[model]), models[model])
            for one in (before, after)
        }
        assert len(digests) == 1


FINAL = "  final: {seeds: [0, 1, 2]}\n"
