"""The rule `download` in real Snakemake runs, with a faulty server."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from loopback import Answer, Seen, serve

ROOT = Path(__file__).parents[2]
SNAKEFILE = f"""
import sys
sys.path.insert(0, "scripts")
from transfer.data.dataset import read_datasets
from transfer.fingerprint import fingerprint
from transfer.study.config import read_settings
configfile: {str(ROOT / "config" / "config.yaml")!r}
config = read_settings(config)
DATASETS = read_datasets("config/datasets.yaml")
PYTHON = sys.executable
include: {str(ROOT / "workflow" / "inputs" / "datasets.smk")!r}
include: {str(ROOT / "workflow" / "rules" / "datasets.smk")!r}
rule stand_in_for_preparation:
    input: downloads
    output: "results/data/{{dataset}}/index.csv"
    shell: "cat {{input}} > {{output}}; echo {{wildcards.dataset}} >> prepared"
"""
ALL = "results/data/photos/index.csv"


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("2750/Forest/1.jpg", os.urandom(200_000))
    return buffer.getvalue()


CONTENT = archive()
Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def describe(*urls: str) -> None:
    block = {
        "name": "Photos", "short_name": "Photos", "metric": "accuracy",
        "multilabel": False, "citation": "", "layout": {"kind": "folders"},
        "split": {"method": "listed"}, "short_side": 368, "evaluation_sizes": [224],
        "source": {
            "homepage": "https://example.org/photos", "kind": "http",
            "files": [{
                "name": "Photos.zip", "urls": list(urls),
                "checksum": f"md5:{hashlib.md5(CONTENT).hexdigest()}",
            }],
        },
    }  # fmt: skip
    Path("config/datasets.yaml").write_text(json.dumps({"photos": block}))


@pytest.fixture
def snakemake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Snakemake:
    """Run Snakemake in a fresh folder that holds the repository's scripts and rules."""
    monkeypatch.chdir(tmp_path)
    for name in ("scripts", "workflow"):
        Path(name).symlink_to(ROOT / name)
    Path("config").mkdir()
    Path("Snakefile").write_text(SNAKEFILE)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "snakemake", "--cores", "1", ALL, *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    return run


def times_prepared() -> int:
    return len(Path("prepared").read_text().splitlines())


def test_file_survives_whatever_runs_again(snakemake: Snakemake) -> None:
    def wrong_then_cut_then_right(seen: Seen, before: int) -> Answer:
        if before == 0:
            return Answer(b"maintenance")
        return Answer(CONTENT, cut=100_000 if before == 1 else None)

    file = Path("resources/downloads/photos/Photos.zip")
    with serve(wrong_then_cut_then_right) as server:
        describe(f"{server.address}/Photos.zip")
        first = snakemake()
        assert first.returncode == 0, first.stderr
        assert file.read_bytes() == CONTENT
        assert len(server.requests) == 3
        identity = file.stat()

        forced = snakemake("--forceall")
        assert forced.returncode == 0, forced.stderr
        assert times_prepared() == 2

        # Where the file could also come from is no reason to prepare it again.
        describe(f"{server.address}/Photos.zip", f"{server.address}/mirror")
        assert "Nothing to be done" in snakemake().stderr
        assert len(server.requests) == 3
    assert file.stat() == identity
    [record] = Path("results/data/photos/downloads").iterdir()
    assert json.loads(record.read_text())["verified"] is True


def test_wrong_file_placed_by_hand_is_kept(snakemake: Snakemake) -> None:
    describe("http://127.0.0.1:9/Photos.zip")
    file = Path("resources/downloads/photos/Photos.zip")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"another version")
    assert snakemake().returncode == 1
    assert (
        "https://example.org/photos"
        in Path("results/logs/download/photos/Photos.zip.log").read_text()
    )
    assert not Path(ALL).exists()

    unverified = snakemake("--config", "verify_downloads=false")
    assert unverified.returncode == 0, unverified.stderr
    assert '"verified": false' in Path(ALL).read_text()
    assert file.read_bytes() == b"another version"


def place_by_hand() -> Path:
    describe("http://127.0.0.1:9/Photos.zip")
    file = Path("resources/downloads/photos/Photos.zip")
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    return file


def test_a_prepared_dataset_outlives_its_files(snakemake: Snakemake) -> None:
    file = place_by_hand()
    assert snakemake().returncode == 0
    os.utime(file, (1, 1))
    assert "Nothing to be done" in snakemake().stderr
    file.unlink()
    assert "Nothing to be done" in snakemake().stderr
    file.with_name("Photos.zip.json").unlink()
    assert "Nothing to be done" in snakemake().stderr
    assert times_prepared() == 1


def test_a_fetched_file_may_be_touched_and_deleted(snakemake: Snakemake) -> None:
    with serve(lambda seen, before: Answer(CONTENT)) as server:
        describe(f"{server.address}/Photos.zip")
        assert snakemake().returncode == 0
        file = Path("resources/downloads/photos/Photos.zip")
        os.utime(file, (1, 1))
        assert "Nothing to be done" in snakemake().stderr
        file.unlink()
        assert "Nothing to be done" in snakemake().stderr
        assert len(server.requests) == 1


def test_a_file_that_is_exchanged_is_checked_again(snakemake: Snakemake) -> None:
    file = place_by_hand()
    assert snakemake().returncode == 0
    file.write_bytes(CONTENT[:-1] + b"x")
    assert snakemake().returncode == 1
    log = Path("results/logs/download/photos/Photos.zip.log").read_text()
    assert "its checksum is" in log
