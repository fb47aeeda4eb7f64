"""Jobs of the main study, and rejection of invalid configuration."""

import re

import pytest
from checkout import made

# The main experiments, CIFAR-10, and the augmentation study but for the checkpoint of AugMix.
GRID = 19 * 6 * 60 + 19 * 60 + 4 * 2 * 3 * 60


def jobs(output: str) -> dict[str, int]:
    """Jobs per rule of a dry run; the table of the first `Job stats`."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+) *$", table, re.M)}


def expected(**of_distances: int) -> dict[str, int]:
    """Jobs of the main study beside those of its distances and their downloads."""
    return {
        "train": GRID,
        "choose_precision": 1,
        "describe_cell": 19 * 7 + 4 * 2 * 3,
        "fetch_weights": 20,
        "study_fid": 1,
        "select_runs": 1,
        "resample_images": 1,
        "answer_statements": 1,
        "table": 14,
        "figure": 9,
        **dict.fromkeys(["verdict", "paper", "all"], 1),
        **of_distances,
    }


def place(checkout, *names: str) -> None:
    for name in names:
        path = checkout / "resources/downloads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_the_main_study_asks_for_its_grid_and_no_more(checkout, snakemake):
    """Without ImageNet, which nobody may download for another, no distance can be computed.

    So none of the datasets that are only compared with it is downloaded; those trained on are.
    """
    done = snakemake(checkout, "--dry-run", "all")
    assert done.returncode == 0, done.stdout
    assert jobs(done.stdout) == expected(prepare=7, download=10)


def test_distances_are_asked_for_of_what_is_at_hand(checkout, snakemake):
    """Each dataset that a person must get is left out until all its files are there."""
    folder = "fid={folders: {imagenet: originals}}"
    # Not all that Stanford Cars consists of.
    place(checkout, "cars/cars_train.tgz", "cars/cars_test.tgz")
    done = snakemake(checkout, "--dry-run", "--config", folder, "--", "all")
    assert done.returncode == 0, done.stdout
    # Of 18 datasets all but Birdsnap and Stanford Cars; and ImageNet, which is read from a folder.
    asked = expected(prepare=16, download=24, fetch_inception=1, inception_statistics=17, fid=16)
    assert jobs(done.stdout) == asked

    place(checkout, "cars/cars_test_annos_withlabels.mat", "birdsnap/birdsnap-images.zip")
    place(checkout, *(f"imagenet/ILSVRC2012_img_{part}.tar" for part in ("train", "val")))
    place(checkout, "imagenet/ILSVRC2012_devkit_t12.tar.gz")
    done = snakemake(checkout, "--dry-run", "all")
    asked = expected(prepare=19, download=33, fetch_inception=1, inception_statistics=19, fid=18)
    assert jobs(done.stdout) == asked


def test_missing_files_are_named_and_noticed_when_they_come(checkout, snakemake):
    views = ("results/fang2023/figures/figure3.svg", "results/fang2023/tables/table11.csv")
    done = snakemake(checkout, *views)
    assert done.returncode == 0, done.stdout
    drawn = (checkout / views[0]).read_text()
    table = (checkout / views[1]).with_suffix(".md").read_text()
    named = ("ILSVRC2012_img_train.tar", "birdsnap-images.zip", "resources/downloads/cars")
    # A figure's text is wrapped.
    assert all(entry in re.sub(r"\s+", "", text) for text in (drawn, table) for entry in named)
    assert "No distance was computed" in drawn
    # The paper's own values stand, and none of ours.
    assert re.search(r"\| Stanford Cars +\| +– \| +143\.35 \|", table)
    assert "Nothing to be done" in snakemake(checkout, "--dry-run", *views).stdout

    place(checkout, "birdsnap/birdsnap-images.zip")
    again = snakemake(checkout, *views)
    assert again.returncode == 0 and "birdsnap-images.zip" not in (
        (checkout / views[1]).with_suffix(".md").read_text()
    )


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("studies/demo.yaml", "- test_vit2", "- test_vit3", "parts.main.models: 'test_vit3'"),
        (
            "studies/demo.yaml",
            "digits_classes, digits_rare",
            "pets",
            "'pets' does not have (train, test)",
        ),
        (
            "models.tsv",
            "\t469688\t",
            "\t469689\t",
            ": test_resnet: parameters: 469689, but",
        ),
        ("studies/demo.yaml", "recipe: finetune_tiny", "recipe: finetuned", "'finetuned' is not"),
        ("studies/demo.yaml", "weights: pretrained", "weights: random", "starts from pretrained"),
        ("recipes/fang2023.yaml", "  epochs: 30", "  epoch: 30", "epoch"),
        ("config.yaml", "runs_per_gpu: 1", "runs_per_gpus: 1", "runs_per_gpus"),
        (
            "config.yaml",
            "runs_per_gpu: 1",
            "runs_per_card: 1",
            "key 'runs_per_card' was renamed to 'runs_per_gpu'",
        ),
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
