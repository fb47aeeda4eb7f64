"""The rules of distances, executed on a task of the demo."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fid_samples import noise_images, write_prepared
from PIL import Image

import study_fid
from transfer.fid.statistics import Moments, write_moments, write_statistics
from transfer.validation import read_table

ROOT = Path(__file__).parents[2]

SNAKEFILE = """
import sys
from pathlib import Path
from types import SimpleNamespace
sys.path[:0] = ["scripts", "tests/support"]
from stand_in_tables import a_dataset
from transfer.fingerprint import fingerprint

configfile: "config.yaml"
DATASETS = {
    "shapes": {"demo": True, "short_side": [16, "original"]},
    "blobs": {"demo": True, "short_side": [16, "original"]},
    "pets": {
        "short_side": 368,
        "source": {
            "homepage": "",
            "kind": "http",
            "files": [{"name": "images.tar.gz"}, {"name": "annotations.tar.gz"}],
        },
    },
    "imagenet": {"short_side": 368},
}
for name, block in DATASETS.items():
    DATASETS[name] = a_dataset(name, block, split={"method": "listed"})
PAPERS = {"fang2023": SimpleNamespace(distances=SimpleNamespace(group=["shapes", "pets"]))}
STUDIES = {
    "fang2023": SimpleNamespace(paper="fang2023", source="runs"),
    "published": SimpleNamespace(paper="fang2023", source="published"),
}
WARM_START = ""
STUDIES_OF_RUNS = "fang2023"
PYTHON = sys.executable
include: "workflow/inputs/common.smk"
include: "workflow/inputs/fid.smk"
include: "workflow/rules/fid.smk"
"""

CONFIG = {
    "runs_per_gpu": 1,
    "fid": {
        "source": "originals",
        "images": "train",
        "maximum_images": None,
        "resize": "pytorch_fid",
        "weights": "inception",
        "reference": "imagenet",
        "folders": {"imagenet": "originals/ILSVRC2012"},
        "folds": 2,
        "seed": 0,
        "demo": {"maximum_images": 6, "weights": "random", "reference": "blobs"},
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG))
    for name in ("scripts", "envs", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "workflow").mkdir()
    for name in ("rules", "inputs"):
        shutil.copytree(ROOT / "workflow" / name, tmp_path / "workflow" / name)
    for seed, name in enumerate(("shapes", "blobs", "pets")):
        write_prepared(tmp_path / "results" / "data" / name, noise_images([(24, 32)] * 10, seed))
    records = tmp_path / "results/data/pets/downloads"
    records.mkdir()
    for name in ("images", "annotations"):
        (records / f"{name}.tar.gz.json").write_text("{}")
    # No older than what was made from them.
    (tmp_path / "results/data/pets/index.csv").touch()
    return tmp_path


def use_stores(project: Path) -> None:
    config = json.loads((project / "config.yaml").read_text())
    config["fid"]["source"] = "store"
    (project / "config.yaml").write_text(json.dumps(config))


def snakemake(project: Path, *arguments: str, status: int = 0) -> str:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.long
def test_the_demonstrations_distance_says_what_it_is(project: Path) -> None:
    snakemake(project, "results/fid/shapes.json")
    found = json.loads((project / "results/fid/shapes.json").read_text())
    assert found["reference"] == "blobs"
    assert found["weights"] == "random, seed 0"
    assert found["image_path"] == found["reference_made_with"]["image_path"] == "originals"
    assert (found["n_images"], found["reference_n_images"]) == (6, 6)
    assert found["fid"] > 0
    assert found["subsample_curve"][-1] == {
        "n_images": 6,
        "replicate": 0,
        "fid": pytest.approx(found["fid"], rel=1e-6),
    }
    again = snakemake(project, "results/fid/shapes.json", "-n")
    assert "Nothing to be done" in again

    # Images that come another way make another distance, the reference's as well.
    use_stores(project)
    plan = snakemake(project, "results/fid/shapes.json", "-n", "-p")
    for name in ("shapes", "blobs"):
        assert f"--source store --dataset-folder results/data/{name} --short-side 16" in plan


def test_real_datasets_share_one_reference_and_one_file_of_weights(project: Path) -> None:
    plan = snakemake(project, "results/fid/pets.json", "-n", "-p")
    assert plan.count("scripts/fetch_inception.py") == 1
    assert "--image-folder 'originals/ILSVRC2012'" in plan
    assert "--dataset-folder results/data/pets --short-side 368 --images train" in plan
    assert plan.count("--source originals") == 2
    assert "--downloads resources/downloads/pets" in plan
    assert "--weights random" not in plan


def test_a_folder_may_have_an_apostrophe_in_its_name(project: Path) -> None:
    config = json.loads((project / "config.yaml").read_text())
    config["fid"]["folders"]["shapes"] = "Anna's $shapes"
    (project / "config.yaml").write_text(json.dumps(config))
    folder = project / "Anna's $shapes"
    folder.mkdir()
    for number, image in enumerate(noise_images([(24, 32)] * 6)):
        Image.fromarray(image).save(folder / f"{number}.png")
    snakemake(project, "results/fid/statistics/shapes.npz")
    summary = json.loads((project / "results/fid/statistics/shapes.json").read_text())
    assert summary["n_images"] == 6


def test_originals_wait_for_the_downloads_and_stores_do_not(project: Path) -> None:
    (project / "results/data/pets/downloads/annotations.tar.gz.json").unlink()
    said = snakemake(project, "results/fid/pets.json", "-n", status=1)
    assert "results/data/pets/downloads/annotations.tar.gz.json" in said
    use_stores(project)
    plan = snakemake(project, "results/fid/pets.json", "-n", "-p")
    assert "--image-folder 'originals/ILSVRC2012' --short-side 368" in plan
    assert plan.count("--source store") == 2


@pytest.fixture
def statistics(tmp_path: Path) -> Callable[..., Path]:
    """Small statistics under a name, with a summary that says how they were made."""

    def write(name: str, **changed: str) -> Path:
        features = np.random.default_rng(len(name)).standard_normal((40, 8)) + len(name)
        moments = Moments(8)
        moments.update(features)
        write_statistics(tmp_path / f"{name}.npz", moments.mean, moments.covariance())
        write_moments(tmp_path / f"{name}.folds.npz", [moments])
        made = {"weights": "inception", "resize": "pytorch_fid", "image_path": "originals"}
        summary = {"dataset": name, "n_images": 40, "images": "train", "store": None}
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(summary | made | changed))
        return path

    return write


def distance(folder: Path, *reference: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [
            *(sys.executable, ROOT / "scripts/fid.py", "--statistics", folder / "pets.npz"),
            *("--summary", folder / "pets.json", "--folds", folder / "pets.folds.npz"),
            *("--reference-statistics", folder / "imagenet.npz", *reference),
            *("--output", folder / "out.json"),
        ],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("pets", "imagenet"),
    [("short side 368", "originals"), ("short side 368", "short side 736")],
)
def test_images_that_came_two_ways_are_not_compared(tmp_path, statistics, pets, imagenet) -> None:
    statistics("pets", image_path=pets)
    reference = statistics("imagenet", image_path=imagenet)
    done = distance(tmp_path, "--reference-summary", reference)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert all(part in done.stderr for part in (pets, imagenet, "pets.json", "imagenet.json"))
    assert "`fid: source` in config/config.yaml" in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_a_summary_that_does_not_say_its_way_is_not_compared(tmp_path, statistics) -> None:
    statistics("pets")
    reference = statistics("imagenet")
    said = json.loads(reference.read_text())
    del said["image_path"]
    reference.write_text(json.dumps(said))
    done = distance(tmp_path, "--reference-summary", reference)
    assert done.returncode == 1 and "'not stated' in" in done.stderr


def test_ready_statistics_are_taken_and_every_output_says_what_is_not_known(
    tmp_path, statistics
) -> None:
    statistics("pets", image_path="short side 368")
    statistics("imagenet")
    done = distance(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "does not state how" in done.stdout and "short side 368" in done.stdout
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["image_path"] == "short side 368"
    assert found["reference_made_with"]["image_path"] == "not stated"
    assert "Images not at their full size: short side 368." in study_fid.note(found)
    assert "How the reference was made is not stated." in study_fid.note(found)
    usual = found | {"image_path": "originals"}
    usual["reference_made_with"] = found["reference_made_with"] | {"image_path": "originals"}
    assert "full size" not in study_fid.note(usual) and "stated" not in study_fid.note(usual)


def test_a_studys_table_and_groups_come_from_its_distances(tmp_path: Path) -> None:
    with (ROOT / "resources/published/fang2023/table11.csv").open(newline="") as file:
        published = {row["dataset"]: float(row["fid"]) for row in csv.DictReader(file)}
    paths = []
    for dataset, value in published.items():
        result = {
            "dataset": dataset,
            # In the published order but for one pair, and on another scale.
            "fid": {"pets": published["dtd"], "dtd": published["pets"]}.get(dataset, value) / 2,
            "reference": "imagenet",
            "images": "train",
            "weights": "inception",
            "resize": "clean_fid",
            "image_path": "originals",
        }
        paths.append(tmp_path / f"{dataset}.json")
        paths[-1].write_text(json.dumps(result))
    subprocess.run(
        [
            *(sys.executable, "scripts/study_fid.py", "--fid", *map(str, paths)),
            *("--published", "resources/published/fang2023"),
            *("--output", str(tmp_path / "fid.csv"), "--groups", str(tmp_path / "groups.json")),
        ],
        check=True,
        cwd=ROOT,
    )
    table = read_table(tmp_path / "fid.csv", "fid").set_index("dataset")
    assert table.loc["eurosat", "fid"] == published["eurosat"] / 2
    assert "clean_fid" in table.loc["eurosat", "note"]
    groups = json.loads((tmp_path / "groups.json").read_text())
    assert groups["published"]["splits"] == groups["computed"]["splits"] == 18_564
    assert groups["computed"]["gap"] == pytest.approx(groups["published"]["gap"] / 2)
    assert groups["computed"]["p_one_sided"] == groups["published"]["p_one_sided"] < 0.01
    # Two neighbours in the order changed places: 1 - 6 x 2 / (18 x (18 squared - 1)).
    assert groups["rank_agreement"]["spearman_rho"] == pytest.approx(1 - 12 / (18 * 323))


def test_a_further_layout_computes_no_features_again(checkout):
    """Hours of the reference's, for each new way in which a dataset lies on disk."""
    code = (
        "import sys; sys.path.insert(0, 'scripts'); from transfer.fingerprint import fingerprint; "
        "print(fingerprint('scripts/inception_statistics.py', ('folders', 'listed')))"
    )

    def found() -> str:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=True
        )
        return done.stdout

    before = found()
    path = checkout / "scripts/transfer/data/layouts/__init__.py"
    text = path.read_text()
    path.write_text(
        text.replace('    "csv": table.read,\n', '    "csv": table.read,\n    "x": voc.read,\n')
    )
    assert path.read_text() != text and found() == before
    other = checkout / "scripts/transfer/data/layouts/cifar.py"
    other.write_text(
        other.read_text().replace("def read(", "def read_again(): return 1\n\n\ndef read(")
    )
    assert found() == before
    own = checkout / "scripts/transfer/data/left_out.py"
    own.write_text(own.read_text().replace('".jpeg", ', ""))
    assert found() != before
