"""Studies are read one by one: an invalid one, or an invalid row, affects no other."""

from dataclasses import replace
from pathlib import Path

import pytest

from transfer.study import config
from transfer.study.checks.libraries import Network
from transfer.study.checks.models import model_problems
from transfer.study.config import read_studies

CONFIG = Path(__file__).parents[2] / "config"
NETWORK = Network("timm 1", parameters=5288548, native_sizes=[224, 256])


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (NETWORK, []),
        (
            replace(NETWORK, parameters=5),
            ["parameters: 5288548, but the network of timm 1 has 5"],
        ),
        (
            replace(NETWORK, native_sizes=[256, 288]),
            ["native_size: 224, but timm 1 states 256 or 288 for these weights"],
        ),
        (replace(NETWORK, native_sizes=[]), []),
        (
            Network("timm 1", unknown="architecture", near="efficientnet_b1"),
            ["architecture: timm 1 has no 'efficientnet_b0'; did you mean 'efficientnet_b1'?"],
        ),
        (
            Network("timm 1", unknown="weights"),
            ["weights: timm 1 has no 'efficientnet_b0.ra_in1k'"],
        ),
        (
            Network("timm 1", refused="not today"),
            ["architecture: timm 1 cannot build it: not today"],
        ),
    ],
)
def test_a_row_is_as_its_library_has_it(tables, network, expected):
    models = tables[0]
    line = list(models).index("efficientnet_b0") + 2
    found = list(model_problems(models, {"efficientnet_b0": network}))
    assert found == [f"line {line}: efficientnet_b0: {problem}" for problem in expected]


def test_a_mistaken_study_concerns_no_other(tmp_path, tables):
    demo = (CONFIG / "studies" / "demo.yaml").read_text()
    (tmp_path / "sound.yaml").write_text(demo)
    (tmp_path / "a.yaml").write_text(demo.replace("digits_rare", "pets"))
    (tmp_path / "b.yaml").write_text(demo.replace("test_vit2", "test_vit3"))
    (tmp_path / "unfinished.yaml").write_text("title: [half")
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "no_date.yaml").write_text(f"{demo}\nday: 2023-02-30\n")
    (tmp_path / "latin.yaml").write_bytes("title: Änderung".encode("latin-1"))
    (tmp_path / "two words.yaml").write_text(demo)
    (tmp_path / "runs.yaml").write_text(demo)
    (tmp_path / "published.yaml").write_text(demo)
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "trained.yaml").write_text(demo)
    printed = (CONFIG / "studies" / "published" / "fang2023.yaml").read_text()
    (tmp_path / "printed.yaml").write_text(printed)
    (tmp_path / "published" / "fang2023.yaml").write_text(printed)
    (tmp_path / "published" / "whose.yaml").write_text(printed.replace("paper: fang2023\n", ""))
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to("not there")
    # Of an editor, and of macOS.
    (tmp_path / ".#sound.yaml").symlink_to("somebody@somewhere.4711")
    (tmp_path / "._sound.yaml").write_bytes(b"\0\5\26\7")
    found = read_studies(tmp_path, *tables)
    assert list(found.sound) == ["sound", "published/fang2023"]
    says = {
        "published": "the name 'published' is reserved",
        "published/trained": "source: studies of runs belong in config/studies itself",
        "printed": "studies of printed numbers belong in config/studies/published",
        "published/whose": "paper: missing",
        "a": "'val', which 'pets' does not have",
        "b": "'test_vit3' is not in config/models.tsv",
        "unfinished": "not valid YAML",
        "empty": "the file is empty",
        "no_date": "not valid YAML: day is out of range",
        "latin": "not valid YAML: 'utf-8' codec can't decode",
        "two words": "use only letters",
        "runs": "the name 'runs' is reserved",
        "folder": "cannot be read: Is a directory",
        "gone": "no such file",
    }
    assert found.broken.keys() == says.keys()
    for name, problem in says.items():
        lines = found.broken[name].splitlines()
        assert lines[0].startswith(f"{tmp_path}/{name}.yaml: ")
        assert problem in found.broken[name]
    # An image size and a split that pets lacks, in either part that would train on it.
    assert len(found.broken["a"].splitlines()) == 4
    assert len(found.warnings) == len(says)


def test_a_mistaken_row_concerns_the_studies_that_train_it(tmp_path, tables, monkeypatch):
    demo = (CONFIG / "studies" / "demo.yaml").read_text()
    (tmp_path / "with.yaml").write_text(demo)
    (tmp_path / "without.yaml").write_text(demo.replace("      - test_resnet\n", ""))
    row = Network("timm 1", unknown="architecture", near="test_resnet2")
    monkeypatch.setattr(config, "known_networks", lambda *_: {"test_resnet": row})
    found = read_studies(tmp_path, *tables, networks=tmp_path / "networks.json")
    assert list(found.sound) == ["without"]
    row = "config/models.tsv: line 35: test_resnet: architecture: "
    assert found.broken["with"].startswith(row)
