"""What the workflow asks for: the main study's grid, and nothing where config is mistaken."""

import re

import pytest
from checkout import made

GRID = 19 * 6 * 60 + 19 * 60


def jobs(output: str) -> dict[str, int]:
    """Jobs per rule of a dry run; the table of the first `Job stats`."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+) *$", table, re.M)}


def test_the_main_study_asks_for_its_grid_and_no_more(checkout, snakemake):
    done = snakemake(checkout, "--dry-run", "all")
    assert done.returncode == 0, done.stdout
    assert jobs(done.stdout) == {
        "train": GRID,
        "choose_precision": 1,
        "describe_cell": 19 * 7,
        "fetch_weights": 19,
        "prepare": 7 + 12,
        "download": 33,
        "fetch_inception": 1,
        "inception_statistics": 18 + 1,
        "fid": 18,
        "study_fid": 1,
        "select_runs": 1,
        **dict.fromkeys(["table01", "table02", "table03", "table11", "table12", "table13"], 1),
        **dict.fromkeys(["figure1", "figure2", "figure3", "verdict", "paper", "all"], 1),
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("studies/demo.yaml", "lcnet_050", "lcnet_051", "parts.main.models: 'lcnet_051'"),
        (
            "studies/demo.yaml",
            "digits_classes, digits_rare",
            "pets",
            "'pets' does not have (train, test)",
        ),
        (
            "models.tsv",
            "\t1880856\t",
            "\t1880857\t",
            "line 31: lcnet_050: parameters: 1880857, but",
        ),
        ("studies/demo.yaml", "recipe: finetune_tiny", "recipe: finetuned", "'finetuned' is not"),
        ("studies/demo.yaml", "weights: random", "weights: pretrained", "starts from random"),
        ("recipes.yaml", "  epochs: 30", "  epoch: 30", "epoch"),
        ("config.yaml", "runs_per_card: 1", "runs_per_cart: 1", "runs_per_cart"),
    ],
)
def test_a_mistake_is_refused_before_any_job(checkout, snakemake, name, old, new, says):
    path = checkout / "config" / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    done = snakemake(checkout, "--dry-run", "demo")
    assert done.returncode == 1 and says in done.stdout
    assert made(checkout) == []


def test_a_local_weights_file_is_an_input(checkout, snakemake):
    """So that another one in its place is noticed, and a missing one named."""
    given = ("--config", "weights_files={resnet50: my weights.pth}", "--")
    missing = snakemake(checkout, "--dry-run", *given, "all")
    assert missing.returncode == 1 and "my weights.pth" in missing.stdout
    (checkout / "my weights.pth").touch()
    assert snakemake(checkout, "--dry-run", *given, "all").returncode == 0
