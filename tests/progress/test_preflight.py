"""Findings of preflight with their remedies, on real folders, disks and servers."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from loopback import Answer, serve
from stand_in_tables import a_dataset, a_model

import preflight
from transfer.data.dataset import read_datasets
from transfer.entries import Entries
from transfer.errors import UserError
from transfer.machine.gpus import GPU
from transfer.progress import findings
from transfer.progress.cost import Work
from transfer.progress.disk import (
    Need,
    checkpoints_needed,
    downloads_needed,
    runs_needed,
    stores_needed,
    weights_needed,
)
from transfer.progress.work import DatasetSize
from transfer.study.expected import Run
from transfer.study.study import read_study

ROOT = Path(__file__).parents[2]
GB = 10**9


def block(*files, kind="http", **more):
    source = {"homepage": "https://example.org", "kind": kind, "files": list(files)}
    return a_dataset(source=source, short_side=368, evaluation_sizes=[224, 256], **more)


def levels(found):
    return [finding.level for finding in found]


def test_every_table_is_read_and_every_fault_reported():
    def broken():
        raise UserError("models.tsv: row 3: weights\nmodels.tsv: row 9: year")

    found = findings.check_tables({"config/models.tsv": broken, "config/config.yaml": dict})
    assert levels(found) == ["error", "error", "ok"]
    assert "row 9" in found[1].what
    assert "config/models.tsv" in found[1].remedy


def test_a_fault_of_another_table_names_that_one():
    def studies():
        raise UserError("config/models.tsv: line 3: a: weights\nconfig/studies/b.yaml: tables: c")

    found = findings.check_tables({"config/studies": studies})
    assert ["correct config/models.tsv;" in one.remedy for one in found] == [True, False]
    assert "correct config/studies/b.yaml;" in found[1].remedy


def test_an_invalid_entry_is_a_warning_and_the_study_that_uses_it_an_error():
    problem = "config/models.tsv: line 3: a: weights"
    table = Entries("model", "config/models.tsv", {"b": 1}, {"a": problem})

    def study():
        raise UserError(f"config/studies/c.yaml: parts.main.models: 'a' is invalid: {problem}")

    found = findings.check_tables({"config/models.tsv": lambda: table, "a study": study})
    assert levels(found) == ["warning", "error"]
    assert found[0].what == problem
    assert found[0].remedy.endswith("the studies that use model 'a' are left out")
    assert found[1].remedy.startswith("correct config/models.tsv;")


def test_models_about_which_no_library_could_be_asked():
    (found,) = findings.check_networks(["a", "b"], {"a": 1, "b": 1})
    assert (found.level, found.what) == (
        "ok",
        "models to train match torchvision and timm",
    )
    (found,) = findings.check_networks(["a", "b"], {"a": 1})
    assert found.level == "warning" and found.what.startswith("1 model was not compared")


def test_needs_of_one_disk_are_added_up(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    two_thirds = Need(free * 2 // 3)
    alone = findings.check_space({"downloads": (tmp_path / "a" / "b", two_thirds)})
    together = findings.check_space(
        {"downloads": (tmp_path / "a", two_thirds), "runs": (tmp_path / "c", two_thirds)}
    )
    assert levels(alone) == ["ok"]
    assert levels(together) == ["error"]
    assert "free some space" in together[0].remedy


def test_files_of_unknown_size_are_a_warning(tmp_path):
    found = findings.check_space({"downloads": (tmp_path, Need(0, ("hpa/train.zip",)))})
    assert levels(found) == ["warning"]
    assert "hpa/train.zip" in found[0].what


def test_what_is_there_is_not_needed_again(tmp_path):
    (tmp_path / "cct20").mkdir()
    (tmp_path / "cct20" / "a.zip").touch()
    files = [{"name": "a.zip", "size": 5 * GB}, {"name": "b.zip", "size": GB}, {"name": "c.zip"}]
    need = downloads_needed({"cct20": block(*files)}, tmp_path)
    assert (need.bytes, need.unknown) == (GB, ("cct20/c.zip",))


def test_stores_and_runs_are_reckoned_for_what_is_not_there():
    sizes = {"a": DatasetSize(1000, 100, 10, False), "b": DatasetSize(9, 9, 9, True)}
    need = stores_needed({"a": block(), "b": block(), "c": block()}, sizes)
    pixels = 1100 * 368 * 491 + 100 * (224**2 + 256**2)
    assert (need.bytes, need.unknown) == (pixels * 3, ("c",))
    run, other = Run("a", "m", "r", "h"), Run("c", "m", "r", "h")
    works = dict.fromkeys((run, other), Work(1, 1, 30, 224))
    need = runs_needed((run, other), works, sizes)
    # At least the scores in float32.
    assert need.bytes > 100 * 10 * 4
    assert need.unknown == ("c",)


def test_weights_and_checkpoints_are_counted(tmp_path):
    models = {"small": a_model(parameters=10), "large": a_model(parameters=1000)}
    assert weights_needed(models, tmp_path) == Need(4 * 1010)
    (tmp_path / "large.json").touch()
    assert weights_needed(models, tmp_path) == Need(4 * 10)
    # Weights and two moments, the last checkpoint and the one before, in each of three places.
    assert checkpoints_needed(models.values(), 3) == Need(3 * 2 * 3 * 4000)
    assert checkpoints_needed([], 3) == Need(0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission(tmp_path):
    tmp_path.chmod(0o500)
    try:
        found = findings.check_writable([tmp_path / "results"])
    finally:
        tmp_path.chmod(0o700)
    assert levels(found) == ["error"]
    assert str(tmp_path) in found[0].remedy


@pytest.mark.parametrize(("status", "level"), [(200, "ok"), (404, "error"), (503, "error")])
def test_the_server_of_a_missing_file_is_asked(tmp_path, status, level):
    with serve(lambda seen, number: Answer(b"x" * 1000, status)) as server:
        entry = {"name": "a.zip", "urls": [f"{server.address}/a.zip"]}
        missing = findings.missing_files({"cct20": block(entry)}, tmp_path)
        found = findings.check_downloads(missing)
    assert levels(found) == [level]


def test_a_second_address_is_enough(tmp_path):
    with serve(lambda seen, number: Answer(b"x")) as server:
        urls = ["http://127.0.0.1:9/a.zip", f"{server.address}/a.zip"]
        missing = findings.missing_files({"x": block({"name": "a.zip", "urls": urls})}, tmp_path)
        assert levels(findings.check_downloads(missing)) == ["ok"]


def test_kaggle_without_credentials_names_the_remedy(tmp_path, monkeypatch):
    for name in list(os.environ):
        if name.startswith("KAGGLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    entry = {"name": "aptos.zip", "slug": "aptos2019-blindness-detection"}
    missing = findings.missing_files({"aptos": block(entry, kind="kaggle_competition")}, tmp_path)
    (found,) = findings.check_downloads(missing)
    assert found.level == "error"
    assert "KAGGLE_API_TOKEN" in found.remedy


def test_files_to_place_by_hand_are_an_error_until_they_are_there(tmp_path):
    datasets = {"cars": block({"name": "cars.tgz", "instructions": "ask"}, kind="by_hand")}
    found = findings.check_downloads(findings.missing_files(datasets, tmp_path))
    assert levels(found) == ["error"]
    (tmp_path / "cars").mkdir()
    (tmp_path / "cars" / "cars.tgz").touch()
    assert findings.missing_files(datasets, tmp_path) == []


def test_a_distance_whose_files_are_missing_stops_nothing(tmp_path, monkeypatch):
    """Only what a study trains on must be there; what it is compared with may come later."""
    datasets = read_datasets(ROOT / "config/datasets.yaml")
    studies = [read_study(ROOT / "config/studies/fang2023.yaml")]
    fid = {"source": "originals", "reference": "imagenet", "folders": {"imagenet": "originals"}}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(preflight, "PUBLISHED", ROOT / "resources/published")
    compared, lacking = preflight.compared_datasets(studies, datasets, fid)
    assert len(compared) == 16 and set(lacking) == {"birdsnap", "cars"}
    found = findings.check_left_out(lacking, datasets, "imagenet", Path("resources/downloads"))
    assert levels(found) == ["warning"] * 2
    assert "birdsnap-images.zip must be placed by hand" in found[0].what
    assert all(word in found[0].remedy for word in ("get_birdsnap.py", "downloads/birdsnap"))

    # Without the reference nothing else is worth its download.
    compared, lacking = preflight.compared_datasets(studies, datasets, fid | {"folders": {}})
    assert compared == {} and set(lacking) == {"birdsnap", "cars", "imagenet"}
    found = findings.check_left_out(lacking, datasets, "imagenet", Path("resources/downloads"))
    assert ["no distances" in one.what for one in found] == [False, False, True]


def test_weights_that_no_library_publishes(tmp_path, monkeypatch):
    monkeypatch.setattr(findings.requests, "head", lambda *args, **options: None)
    own = tmp_path / "own.pth"
    own.touch()
    models = {name: a_model(library="timm", weights="file") for name in "abc"}
    models["d"] = a_model(library="timm", weights="x.y")
    files = {"b": str(own), "c": str(tmp_path / "not there")}
    found = findings.check_weights(models, files, tmp_path)
    wrong = [finding.what for finding in found if finding.level == "error"]
    assert len(wrong) == 2
    assert wrong[0].startswith("a:")
    assert "not there" in wrong[1]


def test_gpus_are_counted_with_their_places():
    large, small = GPU(0, "u0", "H200", 140 * 2**30), GPU(1, "u1", "T4", 15 * 2**30)
    assert levels(findings.check_gpus((), 4, 1)) == ["error"]
    assert levels(findings.check_gpus((), None, 1)) == ["warning"]
    assert levels(findings.check_gpus((large, small), 2, 1)) == ["ok", "warning"]
    found = findings.check_gpus((large,), 4, 2)
    assert found[-1].remedy == "--resources gpu=2"


def test_the_command_fails_on_broken_tables_and_names_them(tmp_path):
    for folder in ("config", "resources", "workflow", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    path = tmp_path / "config" / "config.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(content | {"runs_per_gup": 2}))
    for name, old, new in (
        ("studies/demo.yaml", "digits_rare", "pets"),
        ("models.tsv", "469688", "469689"),
    ):
        path = tmp_path / "config" / name
        path.write_text(path.read_text().replace(old, new))
    done = subprocess.run(
        [sys.executable, "scripts/preflight.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "did you mean 'runs_per_gpu'" in done.stdout
    assert "valid: config/models.tsv, config/datasets.yaml" in done.stdout
    assert "'val', which 'pets' does not have" in done.stdout
    line = "error    config/models.tsv: line 35: test_resnet: parameters: 469689, but"
    assert line in done.stdout
    assert "This stops only study demo:" in done.stdout


def test_findings_of_one_cause_are_one():
    cause = findings.Cause("no connection", "connect this machine")

    def found(item, level="error", only="", cause=cause):
        return findings.Finding(level, f"{item}: no connection", "connect", cause, item, only)

    alone = findings.Finding("error", "disk full", "free space")
    several = [found("cars: a.tgz"), alone, found("cars: b.tgz"), found("dtd: c.tgz")]
    other = [found("pets: d.tgz", only="the distances"), found("x", cause=None)]
    together, *rest = findings.grouped([*several, *other])
    assert together.what == "no connection: cars (2 files), dtd"
    assert together.remedy == "connect this machine"
    assert rest == [alone, *other]


def test_without_network_it_fits_a_screen_and_tells_what_stops_what(checkout, tmp_path):
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
    keep = {name: value for name, value in os.environ.items() if "KAGGLE" not in name}
    done = subprocess.run(
        [sys.executable, "scripts/preflight.py", "--study", "fang2023"],
        cwd=checkout,
        env={**keep, **nowhere, "NO_PROXY": "", "no_proxy": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    wrapped = [textwrap.wrap(line, 100) for line in done.stdout.splitlines()]
    assert sum(map(len, wrapped)) <= 45
    head, _, rest = done.stdout.partition("This stops study fang2023:")
    whole, _, distances = rest.partition("This stops only the distances")
    assert "error" not in head
    assert re.search(r"the proxy refused: .*cct20 \(2 files\), .*eurosat", whole)
    assert "none were found: aptos, hpa, melanoma (2 files), cassava" in whole
    assert "imagenet" not in whole and "cars" not in whole
    # What only a person can place stops nothing: the page names it.
    assert not distances
    assert re.search(r"warning +imagenet: .* until then the study has no distances", head)


def test_what_stops_only_the_distances_is_no_failure(monkeypatch, capsys):
    only = findings.Finding("error", "no imagenet", only=preflight.DISTANCES)
    monkeypatch.setattr(preflight, "tables", lambda names: [])
    monkeypatch.setattr(preflight, "study_findings", lambda *_: [only])
    monkeypatch.setattr(sys, "argv", ["preflight.py"])
    with pytest.raises(SystemExit) as ended:
        preflight.main()
    assert not ended.value.code
    assert "1 finding would stop only the distances" in capsys.readouterr().out
