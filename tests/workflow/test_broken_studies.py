"""An invalid study, or an invalid entry of a table, stops only the targets that use it."""

import pytest

TARGET = "results/published/fang2023/tables/table02.csv"
UNFINISHED = "title: [unfinished\n"


@pytest.fixture
def project(checkout):
    """A checkout with a study that somebody writes, and what their editor and system left there."""
    studies = checkout / "config" / "studies"
    (studies / "own.yaml").write_text(UNFINISHED)
    (studies / "two words.yaml").write_text(UNFINISHED)
    (studies / "folder.yaml").mkdir()
    (studies / ".#own.yaml").symlink_to("somebody@somewhere.4711")
    (studies / "._own.yaml").write_bytes(b"\0\5\26\7")
    return checkout


def test_other_studies_go_on_and_one_warning_is_given(project, snakemake):
    done = snakemake(project, TARGET)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (project / TARGET).is_file()
    for name in ("own", "two words", "folder"):
        assert done.stdout.count(f"Study '{name}' is left out") == 1
    assert ".#own" not in done.stdout and "._own" not in done.stdout


@pytest.mark.parametrize("target", ["results/own/paper.html", "results/own/tables/table02.csv"])
def test_its_own_targets_fail_with_its_problem(project, snakemake, target):
    done = snakemake(project, "--dry-run", target)
    assert done.returncode == 1
    own = "Study 'own' is invalid:\nconfig/studies/own.yaml: not valid YAML"
    assert own in done.stdout
    assert "Traceback" not in done.stdout


def test_a_submitted_job_does_not_repeat_the_warning(project, snakemake):
    done = snakemake(project, "--dry-run", "--mode", "remote", TARGET)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "is left out" not in done.stdout


def test_numbers_of_the_paper_that_are_mistaken_stop_no_study_of_runs(checkout, snakemake):
    path = checkout / "resources/published/fang2023/table03.csv"
    path.write_text(path.read_text().replace("73.49", "734"))
    assert snakemake(checkout, "--dry-run", "results/demo/results.csv").returncode == 0
    done = snakemake(checkout, "--dry-run", "published")
    assert done.returncode == 1 and "cct20: 734" in done.stdout


def test_a_study_of_an_unknown_paper_is_refused_with_the_folder_to_make(checkout, snakemake):
    paper = "nobody2031"
    studies = checkout / "config" / "studies"
    text = (studies / "fang2023.yaml").read_text()
    (studies / "own.yaml").write_text(text.replace("paper: fang2023", f"paper: {paper}"))
    done = snakemake(checkout, "--dry-run", "results/own/verdict.csv")
    assert done.returncode == 1
    assert f"config/studies/own.yaml: paper: no paper '{paper}'" in done.stdout
    assert f"Create the folder resources/published/{paper} with paper.yaml" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_mistaken_row_stops_the_studies_that_train_it_alone(checkout, snakemake):
    path = checkout / "config/models.tsv"
    text = path.read_text()
    row = next(line for line in text.splitlines() if line.startswith("vgg16_bn\t"))
    line = text.splitlines().index(row) + 1
    path.write_text(text.replace(row, row.replace("\ttorchvision\t", "\ttorchvison\t")))
    problem = f"'vgg16_bn' is invalid: config/models.tsv: line {line}: library: 'torchvison' is not"
    done = snakemake(checkout, "--dry-run", "results/demo/results.csv")
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Study 'fang2023' is left out; the other studies are not affected:" in done.stdout
    for study in ("fang2023", "published/fang2023"):
        assert f"config/studies/{study}.yaml: parts.main.models: {problem}" in done.stdout
    done = snakemake(checkout, "--dry-run", "all")
    assert done.returncode == 1 and "Traceback" not in done.stdout
    refusal = done.stdout.rpartition("Study 'fang2023' is invalid:\n")[2]
    assert problem in refusal


def test_a_mistaken_reference_stops_the_distances_with_its_block_named(checkout, snakemake):
    path = checkout / "config/datasets.yaml"
    path.write_text(path.read_text().replace("\nimagenet:\n", "\nimagenet:\n  colour: red\n"))
    assert snakemake(checkout, "--dry-run", "published").returncode == 0
    done = snakemake(checkout, "--dry-run", "results/fid/cct20.json")
    assert done.returncode == 1
    assert "The dataset 'imagenet' is left out; no study uses it:" in done.stdout
    assert "config/datasets.yaml: imagenet: unknown key 'colour'" in done.stdout
