"""Kaggle's own client against a server that stands in for Kaggle."""

import io
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from loopback import Answer, Seen, serve

from transfer.data.download import obtain
from transfer.data.sources import SourceFile, source_files
from transfer.data.transfers import Patience
from transfer.errors import UserError

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "KGAT_fedcba9876543210"
SIGNATURE = "X-Goog-Signature=5ecret5ecret"
# Where Kaggle's client finds its server when KAGGLE_API_ENVIRONMENT is TEST.
PORT = 7777
COMPETITION = "aptos"
DATASET = "melanoma"
PATIENCE = Patience(attempts=2, wait=0.01)


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("train.csv", "id_code,diagnosis\n")
        archive.writestr("noise", os.urandom(300_000))
    return buffer.getvalue()


ARCHIVE = zip_bytes()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped table, without the checksums that a stand-in archive cannot have."""
    datasets = yaml.safe_load((ROOT / "config" / "datasets.yaml").read_text(encoding="utf-8"))
    for name in (COMPETITION, DATASET):
        for file in datasets[name]["source"]["files"]:
            file.pop("checksum", None)
    path = tmp_path_factory.mktemp("config") / "datasets.yaml"
    path.write_text(yaml.safe_dump(datasets))
    return path


@pytest.fixture
def archive_of(table: Path) -> Callable[[str], SourceFile]:
    datasets = yaml.safe_load(table.read_text(encoding="utf-8"))
    return lambda name: source_files(datasets[name]["source"])[-1]


@pytest.fixture(autouse=True)
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without any credentials, sent to this machine."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is taken")
    for name in [name for name in os.environ if name.startswith("KAGGLE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")


def written(tmp_path: Path) -> str:
    """All names and contents below a folder, but for the archives'."""
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    return "".join(map(str, paths)) + "".join(
        path.read_text() for path in paths if path.suffix != ".zip"
    )


def like_kaggle(seen: Seen, before: int) -> Answer:
    """The service redirects to a signed address, which is cut once and then goes on."""
    if seen.path.startswith("/signed"):
        return Answer(ARCHIVE, cut=None if before else 100_000)
    location = f"http://127.0.0.1:{PORT}/signed/archive.zip?{SIGNATURE}"
    return Answer(status=302, headers={"Location": location})


@pytest.mark.parametrize(
    ("name", "service", "slug", "credentials"),
    [
        (
            COMPETITION,
            "/api/v1/competitions.CompetitionApiService/DownloadDataFiles",
            b"aptos2019-blindness-detection",
            {"KAGGLE_USERNAME": "me", "KAGGLE_KEY": KEY},
        ),
        (
            DATASET,
            "/api/v1/datasets.DatasetApiService/DownloadDataset",
            b"jpeg-isic2019-512x512",
            {"KAGGLE_API_TOKEN": TOKEN},
        ),
    ],
)
def test_archive_comes_and_nothing_secret_stays(
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    service: str,
    slug: bytes,
    credentials: dict[str, str],
) -> None:
    for variable, value in credentials.items():
        monkeypatch.setenv(variable, value)
    file = archive_of(name)
    with serve(like_kaggle, PORT) as server:
        record = obtain(file, tmp_path / "files", patience=PATIENCE)
    asked = [seen for seen in server.requests if seen.path == service]
    assert len(asked) == 2
    assert all(slug in seen.body and "Authorization" in seen.headers for seen in asked)
    assert server.requests[-1].headers["Range"] == "bytes=100000-"
    assert (tmp_path / "files" / file.name).read_bytes() == ARCHIVE
    assert record.source.startswith("https://www.kaggle.com/")
    found = "".join(capfd.readouterr()) + written(tmp_path)
    for secret in (KEY, TOKEN, SIGNATURE, "5ecret"):
        assert secret not in found


def test_script_keeps_its_log_and_record_clean(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    command = [
        sys.executable, "scripts/download.py", "--dataset", COMPETITION,
        "--file", "aptos2019-blindness-detection.zip", "--datasets-file", str(table),
        "--folder", str(tmp_path / "files"), "--record", str(tmp_path / "record.json"),
        "--wait", "0.01",
    ]  # fmt: skip
    with serve(like_kaggle, PORT), (tmp_path / "log").open("w") as log:
        subprocess.run(command, cwd=ROOT, stdout=log, stderr=log, check=True, timeout=120)
    found = written(tmp_path)
    assert "https://www.kaggle.com/competitions/aptos2019-blindness-detection" in found
    assert TOKEN not in found
    assert "5ecret" not in found


@pytest.mark.parametrize(
    ("name", "status", "advice"),
    [
        (COMPETITION, 403, "kaggle.com/competitions/aptos2019-blindness-detection/rules"),
        (DATASET, 403, "https://www.kaggle.com/datasets/cdeotte/jpeg-isic2019-512x512"),
        (COMPETITION, 401, "https://www.kaggle.com/settings"),
        (COMPETITION, 404, "https://www.kaggle.com/competitions/aptos2019-blindness-detection"),
        (COMPETITION, 500, "HTTP 500, 2 times in a row"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_refusals_say_what_to_do(
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    status: int,
    advice: str,
    inside: bool,
) -> None:
    """The status stands in the answer's head, or inside an answer of status 200."""
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", KEY)

    def refuse(seen: Seen, before: int) -> Answer:
        message = f'{{"code": {status}, "message": "no: {KEY}"}}'.encode()
        json = {"Content-Type": "application/json"}
        return Answer(message, 200 if inside else status, headers=json)

    with serve(refuse, PORT), pytest.raises(UserError) as caught:
        obtain(archive_of(name), tmp_path / "files", patience=PATIENCE)
    assert advice in str(caught.value)
    assert KEY not in str(caught.value) + "".join(capfd.readouterr()) + written(tmp_path)
    assert not list((tmp_path / "files").glob("*.zip"))


def expired(seen: Seen, before: int) -> Answer:
    """The signed address refuses: the client's exception quotes it."""
    return Answer(status=403) if seen.path.startswith("/signed") else like_kaggle(seen, before)


def page_instead(seen: Seen, before: int) -> Answer:
    return Answer(b"<html>sign in</html>")


@pytest.mark.parametrize("answer", [expired, page_instead])
def test_neither_expired_address_nor_web_page_is_taken(
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    answer: Callable[[Seen, int], Answer],
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with serve(answer, PORT), pytest.raises(UserError) as caught:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert "https://www.kaggle.com/competitions/" in str(caught.value)
    assert "rules" not in str(caught.value)
    assert "5ecret" not in str(caught.value) + "".join(capfd.readouterr()) + written(tmp_path)
    assert not list((tmp_path / "files").glob("*.zip"))


def test_missing_credentials(archive_of: Callable[[str], SourceFile], tmp_path: Path) -> None:
    with serve(like_kaggle, PORT) as server, pytest.raises(UserError) as caught:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert not server.requests
    for part in ("https://www.kaggle.com/settings", "KAGGLE_API_TOKEN", "files/aptos2019"):
        assert part in str(caught.value)


def test_key_from_configuration_folder(
    archive_of: Callable[[str], SourceFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kaggle.json").write_text(f'{{"username": "me", "key": "{KEY}"}}')
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    with serve(like_kaggle, PORT) as server:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert server.requests[0].headers["Authorization"].startswith("Basic ")


def test_kaggle_out_of_reach(
    archive_of: Callable[[str], SourceFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with pytest.raises(UserError, match="no connection"):
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
