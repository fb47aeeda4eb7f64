"""Information of torchvision and timm about models, and its cache."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from stand_in_tables import a_model

from transfer.errors import UserError
from transfer.study.checks import libraries
from transfer.study.checks.libraries import Network, known_networks
from transfer.study.checks.models import model_problems
from transfer.study.model import read_models
from transfer.training.libraries import describe
from transfer.training.models import create, set_image_size

ROOT = Path(__file__).parents[2]
MODELS = read_models(ROOT / "config" / "models.tsv")


def row(library, architecture, weights="file"):
    return a_model(library=library, architecture=architecture, weights=weights)


@pytest.mark.parametrize("model", MODELS)
def test_the_model_table_is_as_the_libraries_have_it(model):
    answer = Network(**describe(MODELS[model]))
    assert list(model_problems({model: MODELS[model]}, {model: answer})) == []
    assert (answer.parameters, answer.unknown, answer.refused) != (0, "", "")


@pytest.mark.parametrize(
    ("asked", "unknown", "near"),
    [
        (row("timm", "mnasnet_smal"), "architecture", "mnasnet_small"),
        (row("torchvision", "resnet51"), "architecture", "resnet50"),
        (row("timm", "lcnet_050", "lcnet_050.ra3_in1k"), "weights", "lcnet_050.ra2_in1k"),
        # Of another architecture.
        (row("timm", "lcnet_050", "lcnet_100.ra2_in1k"), "weights", "lcnet_050.ra2_in1k"),
        (
            row("torchvision", "resnet50", "ResNet50_Weights.IMAGENET1K_V11"),
            "weights",
            "ResNet50_Weights.IMAGENET1K_V1",
        ),
        (
            row("torchvision", "resnet50", "ResNet18_Weights.IMAGENET1K_V1"),
            "weights",
            "ResNet50_Weights.IMAGENET1K_V1",
        ),
    ],
)
def test_a_name_that_the_library_does_not_know_comes_with_the_nearest(asked, unknown, near):
    answer = Network(**describe(asked))
    assert (answer.unknown, answer.near) == (unknown, near)


@pytest.mark.parametrize(
    "asked",
    [
        row("torchvision", "vit_b_16"),
        row("torchvision", "resnet18"),
        row("timm", "resnet50_clip", "resnet50_clip.openai"),
        row("timm", "deit_tiny_patch16_224", "deit_tiny_patch16_224.fb_in1k"),
        row("timm", "lcnet_050", "lcnet_050.ra2_in1k"),
    ],
    ids=lambda asked: asked.architecture,
)
def test_a_network_tied_to_a_size_is_one_that_training_would_refuse(asked):
    size = Network(**describe(asked)).only_size
    network = create(asked)
    if size is None:
        set_image_size(network, 256)
    else:
        set_image_size(network, size)
        with pytest.raises(UserError, match=f"takes images of {size} px"):
            set_image_size(network, size + 32)


@pytest.fixture
def asked(monkeypatch):
    """Keys that the libraries were asked about, answered without them."""
    seen: list[str] = []

    def answer(rows):
        seen.extend(rows)
        return {key: Network(key.split(",")[0], parameters=7) for key in rows}

    monkeypatch.setattr(libraries, "_ask", answer)
    return seen


TWO = {name: MODELS[name] for name in ("lcnet_050", "resnet50")}


def test_an_answer_is_kept_for_what_it_depends_on(asked, tmp_path, monkeypatch):
    kept = tmp_path / "results" / "networks.json"
    first = known_networks(TWO, kept)
    assert set(first) == set(TWO) and len(asked) == 2
    assert known_networks(TWO, kept) == first and len(asked) == 2
    # Other columns, a corrected number of parameters among them, ask nothing.
    known_networks({"lcnet_050": replace(TWO["lcnet_050"], parameters=1, year=1)}, kept)
    assert len(asked) == 2
    known_networks({"lcnet_050": replace(TWO["lcnet_050"], weights="lcnet_050.other")}, kept)
    assert len(asked) == 3
    monkeypatch.setattr(libraries, "version", lambda name: "another")
    known_networks(TWO, kept)
    assert len(asked) == 5


def test_a_file_that_cannot_be_written_or_read_does_not_matter(asked, tmp_path):
    (tmp_path / "results").touch()
    for _ in range(2):
        assert set(known_networks(TWO, tmp_path / "results" / "networks.json")) == set(TWO)
    assert len(asked) == 4
    for broken in ('{"a', "[]", '{"a": {"size": 3}}', '{"a": 1}'):
        kept = tmp_path / "networks.json"
        kept.write_text(broken)
        assert set(known_networks(TWO, kept)) == set(TWO)
        assert len(json.loads(kept.read_text())) == 2


def test_answers_written_at_the_same_time_leave_a_whole_file(asked, tmp_path):
    kept = tmp_path / "networks.json"
    rows = [{name: MODELS[name]} for name in list(MODELS)[:12]]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda one: known_networks(one, kept), rows))
    assert [list(one) for one in found] == [list(one) for one in rows]
    for fields in json.loads(kept.read_text()).values():
        assert fields == asdict(Network(**fields))


def test_nothing_is_asked_where_a_library_is_not_installed(asked, tmp_path, monkeypatch):
    def version(name):
        raise libraries.PackageNotFoundError(name)

    monkeypatch.setattr(libraries, "version", version)
    assert known_networks(TWO, tmp_path / "networks.json") == {}
    assert asked == [] and not (tmp_path / "networks.json").exists()


def test_libraries_that_cannot_be_imported_stop_nothing(tmp_path, monkeypatch):
    """As with a CPU build of PyTorch beside torchvision's for GPUs."""
    (tmp_path / "torchvision.py").write_text("raise RuntimeError('operator nms does not exist')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert known_networks(TWO, tmp_path / "networks.json") == {}


def test_the_tables_are_read_without_importing_them():
    code = (
        "import sys; sys.path.insert(0, 'scripts'); import transfer.study.config; "
        "print(set(sys.modules) & {'torch', 'torchvision', 'timm', 'sklearn', 'PIL'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert done.stdout == "set()\n", done.stderr
