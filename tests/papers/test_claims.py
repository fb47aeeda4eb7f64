"""The statements of the running text: each is decided by the numbers it speaks of."""

import shutil

import pandas as pd
import pytest
from published import FOLDER, MAIN, ROOT, SIX, TOP1, VALUES, fractions
from views import made_table

from transfer.data.dataset import read_datasets
from transfer.papers.claims import check_claims
from transfer.papers.evidence import gather_evidence
from transfer.papers.fang2023 import CLAIMS
from transfer.papers.paper import read_paper
from transfer.papers.published import published_fid, published_results
from transfer.results.table import load_results
from transfer.study.study import read_study

CONFIG = ROOT / "config"


def findings(folder, tmp_path) -> pd.DataFrame:
    study = CONFIG / "studies" / "published" / "fang2023.yaml"
    table = tmp_path / "results.csv"
    datasets = CONFIG / "datasets.yaml"
    paper = read_paper(folder)
    printed = published_results(paper, read_study(study), read_datasets(datasets))
    printed.to_csv(table, index=False)
    models = CONFIG / "models.tsv"
    results = load_results(table, study, [models], datasets, paper.top1_tables)
    computed = {}
    given = ["--results", table, "--study", study, "--models", models, "--datasets", datasets]
    for number in paper.compared:
        view = results.study.tables[number].view
        more = [*given, "--top1", *paper.top1_tables]
        computed[number] = made_table(view, tmp_path / f"{number}.csv", *more).frame
    evidence = gather_evidence(results, paper, computed, published_fid(paper))
    return pd.DataFrame(check_claims(paper, evidence)).set_index("row")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> pd.DataFrame:
    return findings(FOLDER, tmp_path_factory.mktemp("claims"))


def test_ids_are_those_of_claims_csv():
    assert list(pd.read_csv(FOLDER / "claims.csv")["id"]) == list(CLAIMS)


def test_statements_that_the_printed_table_refutes(published):
    """The disagreements that follow from Table 3 as printed, and from Tables 1 and 11."""
    assert set(published.index[~published["agrees"]]) == {
        # .11, .01, .29, .06, .02, .00: three below 0.05.
        "slope_below_005_count",
        # 46,372 + 11,592 is not 33,126 + 25,331.
        "melanoma_split_uses_all_images",
        "melanoma_correlation",
        "melanoma_slope",
        "cassava_correlation",
        # Of the CLIP models, B/32 (70.5 % at top-1 76.1 %) lies below the line.
        "clip_cct20_every_model_above_fit",
        # Aircraft (183) lies further than Cassava (179).
        "real_world_fid_separated",
        "f_test_imagenet_significant_count",
        "f_test_imagenet_only_aptos_melanoma",
    }


def test_counts_and_shares_by_hand(published):
    value = published["recomputed"]
    clip = fractions("table08")
    assert value["clip_l14_beats_imagenet_count"] == sum(
        clip.loc["clip_vit_l14", name] > VALUES[name].max() for name in SIX
    )
    assert value["hpa_train_percent"] == pytest.approx(91 * 22582 / (22582 + 5664))
    assert value["aptos_train_percent"] == pytest.approx(100 * 2930 / 3662)
    table = pd.read_csv(FOLDER / "table06.csv")
    best = {kind: rows["private_score"].max() for kind, rows in table.groupby("augmentation")}
    assert value["aptos_augmentation_gain"] == pytest.approx(best["more"] - best["less"])
    assert value["imagenet_top1_minimum"] == pytest.approx(56.5)
    assert value["model_count"] == len(MAIN)


@pytest.mark.parametrize(
    ("model", "dataset", "value", "flips"),
    [
        # Above 60 % on ImageNet and below 98.5 % on EuroSAT; still only one of 19 models.
        ("shufflenet_v2_x0_5", "eurosat", "98.40", {"eurosat_all_above_985"}),
        # Below 60 % on ImageNet: not spoken of.
        ("squeezenet1_1", "eurosat", "98.06", set()),
        # A pair in which the larger is no longer the better one; the slope was 0.108.
        ("vgg13_bn", "cct20", "75.94", {"cct20_deeper_helps", "slope_cct20"}),
        # Ahead of both CLIP ViT-L/14, and 0.0051 above VGG-16 BN.
        (
            "convnext_tiny",
            "aptos",
            "0.9338",
            {
                "clip_l14_336_beats_all",
                "clip_l14_beats_imagenet_count",
                "aptos_plateau_after_vgg",
            },
        ),
    ],
)
def test_a_changed_value_flips_what_it_decides_and_nothing_else(
    tmp_path, published, model, dataset, value, flips
):
    folder = tmp_path / "fang2023"
    shutil.copytree(FOLDER, folder)
    path = folder / "table03.csv"
    table = pd.read_csv(path, dtype=str).set_index("model")
    table.loc[model, dataset] = value
    table.to_csv(path)
    changed = findings(folder, tmp_path)
    assert set(changed.index[changed["agrees"] != published["agrees"]]) == flips


def test_the_tables_behind_the_tests_are_whole():
    assert VALUES.shape == (19, 6) and TOP1.between(0.5, 0.9).all()
