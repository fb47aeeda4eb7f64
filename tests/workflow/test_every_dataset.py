"""Every dataset of the table, prepared by Snakemake with one worker and with four."""

import hashlib
import shutil
from pathlib import Path

import pytest
from checkout import copy_checkout, run_snakemake
from hand_placed import MAKERS
from layouts import BLOCKS

from transfer.data.preparation import RUN

pytestmark = pytest.mark.long


def made_of(folder: Path) -> list[Path]:
    """What preparation made, without the records of the downloads."""
    made = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in made if "downloads" not in path.parts[-2:]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """By number of cores and dataset: digests of the files made, rows, and what was printed."""
    project = copy_checkout(tmp_path_factory.mktemp("every") / "project")
    names = [name for name in BLOCKS if name in MAKERS]
    for name in names:
        (project / "resources/downloads" / name).mkdir(parents=True)
        MAKERS[name](project / "resources/downloads" / name)
    found = {}
    for cores in (1, 4):
        # A dataset that fails must not keep the others from being looked at.
        done = run_snakemake(
            project,
            *("--cores", str(cores), "--keep-going", "--printshellcmds"),
            *("--config", "verify_downloads=false", "--"),
            *(f"results/data/{name}/index.csv" for name in names),
        )
        for name in names:
            folder, rows = project / "results/data" / name, 0
            if (folder / "index.csv").is_file():
                rows = len((folder / "index.csv").read_text().splitlines()) - 1
            made = {
                path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
                for path in made_of(folder)
            }
            log = project / f"results/logs/prepare/{name}.log"
            said = log.read_text() if log.is_file() else done.stdout[-3000:]
            command = [line for line in done.stdout.splitlines() if f"--dataset {name} " in line]
            found[cores, name] = made, rows, said, command
            for path in made_of(folder):
                path.unlink()
    yield found
    # A gigabyte that pytest would keep for three sessions.
    shutil.rmtree(project)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_number_of_workers_changes_no_byte(prepared, name):
    assert name in MAKERS, f"tests/hand_placed.py: no stand-in for dataset '{name}'; add one"
    digits = BLOCKS[name].get("demo", False)
    for cores in (1, 4):
        made, rows, said, command = prepared[cores, name]
        assert "index.csv" in made, said
        assert rows > 4 * RUN, "too few images for four workers"
        assert any(f"--workers {1 if digits else cores} " in line for line in command)
    alone, together = prepared[1, name][0], prepared[4, name][0]
    side, sizes = BLOCKS[name]["short_side"], BLOCKS[name]["evaluation_sizes"]
    stores = {f"store_{side}/{part}" for part in ("images.bin", "offsets.npy", "sizes.npy")}
    assert stores | {f"evaluation/{size}.npy" for size in sizes} | {"summary.json"} <= set(alone)
    assert alone == together
