"""Features compared with pytorch-fid's; jobs that are killed, damaged or too large."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from fid_samples import noise_images, pytorch_fid_network, write_prepared
from PIL import Image
from pytorch_fid.fid_score import get_activations

from transfer.data.store import open_dataset
from transfer.errors import UserError
from transfer.fid import inception
from transfer.fid.accumulate import accumulate
from transfer.fid.features import extract_features
from transfer.fid.images import images_of_dataset, images_of_folder
from transfer.fid.inception import FeatureExtractor, load_weights, random_weights
from transfer.fid.statistics import Moments, merged, read_statistics, write_moments
from transfer.fid.subsample import deal_into_folds

SCRIPT = Path(__file__).parents[2] / "scripts" / "inception_statistics.py"


def test_store_and_files_give_the_features_of_pytorch_fid(tmp_path: Path) -> None:
    images = noise_images([(64, 64), (120, 90), (300, 420), (33, 57)])
    images.append(np.repeat(images[0][:, :, :1], 3, axis=2))
    write_prepared(tmp_path / "prepared", images)
    (tmp_path / "files").mkdir()
    for number, image in enumerate(images[:-1]):
        Image.fromarray(image).save(tmp_path / "files" / f"{number}.png")
    Image.fromarray(images[-1][:, :, 0]).save(tmp_path / "files" / "4.png")

    weights = random_weights(seed=7)
    files = sorted((tmp_path / "files").iterdir())
    # A batch of mixed sizes crashes pytorch-fid, so one image at a time.
    expected = get_activations(files, pytorch_fid_network(weights), batch_size=1, num_workers=0)
    stored = images_of_dataset(open_dataset(tmp_path / "prepared", "original"), "train")
    network = FeatureExtractor(weights)
    batches = [np.array([0, 1, 2]), np.array([3, 4])]
    for source in (stored, images_of_folder(tmp_path / "files")):
        found = np.concatenate(list(extract_features(network, source, batches, "pytorch_fid")))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())
    assert expected.std() > 1e-3


def test_random_weights_follow_their_seed_alone() -> None:
    torch.manual_seed(1)
    one = random_weights(3)
    torch.manual_seed(2)
    again, other = random_weights(3), random_weights(4)
    name = "Mixed_7c.branch1x1.conv.weight"
    assert all(torch.equal(one[key], again[key]) for key in one)
    assert not torch.equal(one[name], other[name])


def test_only_the_published_weights_are_opened(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / inception.WEIGHTS_FILE
    with pytest.raises(UserError, match="no such file"):
        load_weights(path)
    torch.save(random_weights(0), path)
    with pytest.raises(UserError, match="sha256"):
        load_weights(path)
    # Even a file of the right checksum may hold tensors alone.
    torch.save({"weight": Path("not a tensor")}, path)
    monkeypatch.setattr(inception, "verify_checksum", lambda *_: None)
    with pytest.raises(UserError, match="more than tensors"):
        load_weights(path)


class Averages(FeatureExtractor):
    """Stands for the network where only the bookkeeping is looked at."""

    def __init__(self) -> None:
        torch.nn.Module.__init__(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean(dim=(1, 2, 3), keepdim=False)[:, None] * torch.arange(1.0, 2049.0)


def accumulate_averages(tmp_path: Path, source, folds, key: str = "key") -> list[Moments]:
    return accumulate(
        Averages(),
        source,
        folds,
        "pytorch_fid",
        batch_size=8,
        device="cpu",
        workers=0,
        checkpoint=tmp_path / "partial.npz",
        key=key,
        save_every=1e9,
    )


def test_a_checkpoint_of_another_job_or_a_damaged_one_is_not_used(tmp_path: Path, capsys) -> None:
    write_prepared(tmp_path / "d", noise_images([(8, 8)] * 20))
    source = images_of_dataset(open_dataset(tmp_path / "d", "original"), "train")
    folds = deal_into_folds(20, 2, seed=0)
    expected = merged(accumulate_averages(tmp_path, source, folds))
    strange = [Moments(2048), Moments(2048)]
    strange[0].update(np.full((3, 2048), 99.0))
    checkpoint = tmp_path / "partial.npz"

    write_moments(checkpoint, strange, key="another", done=1)
    found = merged(accumulate_averages(tmp_path, source, folds))
    assert "other images or options; starting over" in capsys.readouterr().out
    np.testing.assert_array_equal(found.mean, expected.mean)

    write_moments(checkpoint, strange, key="key", done=1)
    checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    found = merged(accumulate_averages(tmp_path, source, folds))
    assert "starting over" in capsys.readouterr().out
    np.testing.assert_array_equal(found.mean, expected.mean)
    assert found.n == 20


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_image_is_named_without_a_traceback(tmp_path: Path, workers: int) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = extract_features(
        Averages(), images_of_folder(tmp_path), [np.array([0])], "pytorch_fid", workers=workers
    )
    with pytest.raises(UserError) as caught:
        next(found)
    assert str(caught.value) == f"{tmp_path}/cut.png: not a readable image (no known format)"


def statistics_command(tmp_path: Path, output: Path) -> list[str]:
    return [
        *(sys.executable, str(SCRIPT), "--dataset-folder", str(tmp_path / "d")),
        *("--short-side", "original", "--weights", "random", "--folds", "2"),
        *("--batch-size", "2", "--save-every", "0", "--output", str(output / "d.npz")),
        *("--folds-output", str(output / "folds.npz"), "--summary", str(output / "d.json")),
    ]


@pytest.mark.long
def test_a_killed_job_continues_to_the_same_result(tmp_path: Path) -> None:
    write_prepared(tmp_path / "d", noise_images([(20, 30)] * 12))
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(statistics_command(tmp_path, whole), check=True, env=environment)

    job = subprocess.Popen(statistics_command(tmp_path, killed), env=environment)
    partial = killed / "d.partial.npz"
    deadline = time.monotonic() + 120
    while not partial.exists() and job.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    job.send_signal(signal.SIGKILL)
    assert job.wait() == -signal.SIGKILL
    assert not (killed / "d.npz").exists()

    done = subprocess.run(
        statistics_command(tmp_path, killed),
        check=True,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert re.search(r"resuming after [1-9]\d* images", done.stdout)
    for found, expected in zip(
        read_statistics(killed / "d.npz"), read_statistics(whole / "d.npz"), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    assert not partial.exists()
    summary = json.loads((killed / "d.json").read_text())
    assert (summary["n_images"], summary["weights"]) == (12, "random, seed 0")


PEAK_MEMORY = """
import resource, sys
import numpy as np
from pathlib import Path
from test_fid_features import Averages, accumulate_averages

class Repeated:
    def __len__(self): return int(sys.argv[1])
    def image(self, position): return np.full((4, 4, 3), position % 256, dtype=np.uint8)

folds = np.array_split(np.arange(int(sys.argv[1])), 2)
accumulate_averages(Path(sys.argv[2]), Repeated(), folds)
unit = 2**20 if sys.platform == "darwin" else 2**10
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)
"""


def peak_mebibytes(n_images: int, tmp_path: Path) -> int:
    here = Path(__file__)
    paths = [here.parents[2] / "scripts", here.parents[1] / "support", here.parent]
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
    }
    command = [sys.executable, "-c", PEAK_MEMORY, str(n_images), str(tmp_path)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return int(done.stdout)


@pytest.mark.long
def test_memory_does_not_grow_with_the_images(tmp_path: Path) -> None:
    # The features of 1,600 more images are 25 MiB in float64.
    growth = peak_mebibytes(1640, tmp_path) - peak_mebibytes(40, tmp_path)
    assert growth < 10
