"""What the workflow asks for: the main study's grid, and after an edit exactly what it changes."""

import re

import pytest

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
        "fetch_weights": 19,
        "prepare": 7,
        "download": 10,
        "select_runs": 1,
        **dict.fromkeys(["table01", "table02", "table03", "table12", "table13"], 1),
        **dict.fromkeys(["figure1", "figure2", "verdict", "paper", "all"], 1),
    }


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("studies/demo.yaml", "lcnet_050", "lcnet_051", "parts.main.models: 'lcnet_051'"),
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
    assert not (checkout / "results").exists()


@pytest.mark.long
def test_an_edit_trains_again_what_it_changes(checkout, snakemake):
    """The demo once, for real; then a model more, a comment, the optimiser, a figure."""
    done = snakemake(checkout, "--config", "warm_start=true", "--", "demo")
    assert done.returncode == 0, done.stdout[-3000:]

    def planned() -> dict[str, int]:
        return jobs(snakemake(checkout, "--dry-run", "demo").stdout)

    def replace(name: str, old: str, new: str) -> None:
        path = checkout / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    assert planned() == {}
    replace("scripts/transfer/training/optim.py", '"""', '"""Edited. ')
    assert planned() == {}
    replace("config/studies/demo.yaml", "lcnet_050, ", "lcnet_050, mobilenet_v3_small, ")
    assert planned()["train"] == 4 * 3
    replace("config/studies/demo.yaml", "lcnet_050, mobilenet_v3_small, ", "lcnet_050, ")
    replace("scripts/figure1.py", "use_style()", "use_style()\n    print()")
    assert "train" not in planned() and planned()["figure1"] == 1
    replace("scripts/transfer/training/optim.py", "momentum=MOMENTUM", "momentum=0.8")
    assert planned()["train"] == 60
