"""A further paper is new files alone: its folder, its claims and a study of its printed numbers."""

import re
from pathlib import Path

import pandas as pd
import pytest
from checkout import copy_checkout, run_snakemake

FILES = {
    "resources/published/toy2024/paper.yaml": """\
title: A toy of a paper
authors: [Ada Toy, Ben Toy]
year: 2024
summary: Four networks on two datasets.
arxiv: "2401.00001"
values: {main: table01}
metrics_in_percent: [accuracy, mean_per_class_accuracy]
imagenet_top1: [table01]
models: networks
compared:
  table02: {threshold: 60}
""",
    # ResNet-50 has another accuracy than in fang2023.
    "resources/published/toy2024/table01.csv": """\
model,imagenet_top1,cars,pets
alexnet,56.5,60.0,70.0
toynet,75.6,85.0,91.0
resnet50,76.9,84.0,92.5
resnet152,78.6,86.0,93.0
""",
    # One that no library has, and one under another name than in config/models.tsv.
    "resources/published/toy2024/networks.csv": """\
model,name,family
toynet,Toy-Net B,toy
resnet50,ResNet-50 (ours),resnet
""",
    "resources/published/toy2024/networks.schema.yaml": """\
title: "Toy 2024: the networks"
type: object
additionalProperties: false
required: [model, name, family]
uniqueKey: [model]
rows: 2
properties:
  model: {type: string, description: Name in paths and tables}
  name: {type: string, description: Name in figures}
  family: {type: string, description: Family of architectures}
""",
    "resources/published/toy2024/table01.schema.yaml": """\
title: "Toy 2024, Table 1: accuracy of each model"
type: object
additionalProperties: false
required: [model, imagenet_top1, cars, pets]
uniqueKey: [model]
rows: 4
properties:
  model: {type: string, description: Row of config/models.tsv}
  imagenet_top1: {type: number, minimum: 0, maximum: 100, description: Percent}
  cars: {type: number, minimum: 0, maximum: 100, description: Accuracy in percent}
  pets: {type: number, minimum: 0, maximum: 100, description: Accuracy in percent}
""",
    "resources/published/toy2024/table02.csv": """\
dataset,correlation,slope
cars,0.56,0.38
pets,0.94,0.65
""",
    "resources/published/toy2024/table02.schema.yaml": """\
title: "Toy 2024, Table 2: correlation with ImageNet accuracy"
type: object
additionalProperties: false
required: [dataset, correlation, slope]
uniqueKey: [dataset]
rows: 2
properties:
  dataset: {type: string, description: Key of config/datasets.yaml}
  correlation: {type: number, minimum: -1, maximum: 1, description: Pearson's r}
  slope: {type: number, description: Fractions}
""",
    "resources/published/toy2024/claims.csv": """\
id,section,claim,printed
cars_slope_smaller,3,The slope of Stanford Cars is the smaller one,
""",
    "resources/published/toy2024/claims.schema.yaml": """\
title: "Toy 2024: a statement of the running text"
type: object
additionalProperties: false
required: [id, section, claim]
uniqueKey: [id]
rows: 1
properties:
  id: {type: string, description: Name of the statement}
  section: {type: string, description: Section of the paper}
  claim: {type: string, description: The statement in our words}
  printed: {type: string, description: The number that is printed; empty for true or false}
""",
    "scripts/transfer/papers/toy2024.py": '''\
"""The statements of Toy 2024."""

CLAIMS = {
    "cars_slope_smaller": lambda e: (
        e.tables["table02"].loc["cars", "slope"] < e.tables["table02"].loc["pets", "slope"]
    ),
}
''',
    "config/studies/published/toy2024.yaml": """\
title: A toy of a paper
paper: toy2024
source: published
parts:
  main:
    datasets: [cars, pets]
    models: [alexnet, toynet, resnet50, resnet152]
    recipe: finetune
imagenet_top1: published
threshold: 60
intervals: {samples: 200, seed: 0, level: 0.95}
figures:
  figure1: against_imagenet
tables:
  table01: values
  table02: {view: correlation, printed: table02}
""",
}
pytestmark = pytest.mark.long
OUTPUTS = ("tables/table01.csv", "tables/table02.csv", "figures/figure1.svg", "verdict.csv")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A copy of the checkout with a further paper, in which `published` was made.

    Of the papers that the checkout has, one is enough to be beside it.
    """
    folder = copy_checkout(tmp_path_factory.mktemp("paper") / "checkout")
    for name in ("index", "kornblith2019", "ngiam2018"):
        (folder / "config" / "studies" / "published" / f"{name}.yaml").unlink()
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nothing that was there is touched.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    done = run_snakemake(folder, "published")
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def test_the_new_paper_has_its_page_and_the_list_names_both(made):
    for name in OUTPUTS:
        assert (made / "results/published/toy2024" / name).stat().st_size > 0
    page = (made / "results/published/toy2024/paper.html").read_text(encoding="utf-8")
    assert "A toy of a paper" in page and 'id="figure1"' in page and 'id="table02"' in page
    assert "The slope of Stanford Cars is the smaller one" in page
    assert "fang" not in page.lower()
    index = (made / "results/published/index.html").read_text(encoding="utf-8")
    for paper in ("toy2024", "fang2023"):
        assert f'href="{paper}/paper.html"' in index
        assert (made / "results/published" / paper / "paper.html").is_file()
    assert "Ada Toy, Ben Toy (2024)" in index and "2401.00001" in index
    assert re.search(r'id="toy2024".*?<b>(\d+ of \d+)</b>', index, re.S)[1] == "5 of 5"


def test_it_is_judged_by_its_own_numbers_and_accuracies(made):
    verdict = pd.read_csv(made / "results/published/toy2024/verdict.csv")
    assert list(verdict["table"]) == ["table02"] * 4 + ["section 3"]
    assert verdict["agrees"].all()
    values = pd.read_csv(made / "results/published/toy2024/tables/table01.csv").set_index("model")
    assert values["imagenet_top1"].round(3).to_dict() == {
        "alexnet": 0.565,
        "toynet": 0.756,
        "resnet50": 0.769,
        "resnet152": 0.786,
    }
    other = pd.read_csv(made / "results/published/fang2023/tables/table03.csv").set_index("model")
    assert other.loc["resnet50", "imagenet_top1"] == pytest.approx(0.761)


def test_its_own_names_of_networks_are_shown_in_its_study_alone(made):
    shown = (made / "results/published/toy2024/tables/table01.md").read_text(encoding="utf-8")
    assert all(name in shown for name in ("Toy-Net B", "ResNet-50 (ours)", "ResNet-152", "AlexNet"))
    other = (made / "results/published/fang2023/tables/table03.md").read_text(encoding="utf-8")
    assert "ResNet-50 " in other and "(ours)" not in other


def test_a_network_that_is_in_no_table_is_refused_with_both_places(made):
    path = made / "config/studies/published/toy2024.yaml"
    text = path.read_text()
    path.write_text(text.replace("toynet", "toynett"))
    try:
        done = run_snakemake(made, "-n", "results/published/toy2024/paper.html")
    finally:
        path.write_text(text)
    assert done.returncode == 1
    assert (
        "config/studies/published/toy2024.yaml: parts.main.models: 'toynett' is neither in "
        "resources/published/toy2024/networks.csv nor in config/models.tsv: add a row to one of "
        "them; did you mean 'toynet'?"
    ) in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [("alexnet,56.5,60.0,", "alexnet,56.5,,", "line 2"), ("76.9,84.0", "769,84.0", "line 4")],
)
def test_a_damaged_table_stops_its_own_paper(made, old, new, row):
    path = made / "resources/published/toy2024/table01.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    try:
        done = run_snakemake(made, "-n", "results/published/toy2024/paper.html")
        assert done.returncode == 1 and f"table01.csv: {row}" in done.stdout
        done = run_snakemake(made, "-n", "results/published/fang2023/paper.html")
        assert done.returncode == 0, done.stdout
    finally:
        path.write_text(text)


def test_a_caption_names_the_table_of_its_own_study(made):
    caption = (made / "results/published/toy2024/tables/table02.md").read_text(encoding="utf-8")
    assert "Computed from the values printed in Table 1." in caption
