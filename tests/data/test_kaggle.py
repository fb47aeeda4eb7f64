"""Kaggle's own client against a mock server."""

import io
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import requests
import yaml
from kagglesdk import kaggle_env
from loopback import Answer, Seen, Server, serve

from transfer.data.source import kaggle
from transfer.data.source.download import obtain
from transfer.data.source.files import SourceFile, source_files
from transfer.data.source.transfers import Patience
from transfer.errors import UserError

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "KGAT_fedcba9876543210"
SIGNATURE = "X-Goog-Signature=5ecret5ecret"
COMPETITION = "aptos"
DATASET = "melanoma"
PATIENCE = Patience(attempts=2, wait=0.01)
ServeKaggle = Callable[[Callable[[Seen, int], Answer]], AbstractContextManager[Server]]
# Kaggle's client takes the address of its server from no variable.
SCRIPT_AT = """
import runpy, sys
from kagglesdk import kaggle_env
kaggle_env._env_to_endpoint[kaggle_env.KaggleEnv.TEST] = sys.argv.pop(1)
sys.argv = sys.argv[1:]
sys.path.insert(0, "scripts")
runpy.run_path(sys.argv[0], run_name="__main__")
"""


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
    """A user without any credentials."""
    for name in [name for name in os.environ if name.startswith("KAGGLE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")


@pytest.fixture
def kaggle_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let Kaggle's client look for Kaggle at an address."""

    def place(address: str) -> None:
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.TEST, address)

    return place


@pytest.fixture
def serve_kaggle(kaggle_at: Callable[[str], None]) -> ServeKaggle:
    """Serve what a function answers, in Kaggle's place, at a port that is free."""

    @contextmanager
    def run(answer_to: Callable[[Seen, int], Answer]) -> Iterator[Server]:
        with serve(answer_to) as server:
            kaggle_at(server.address)
            yield server

    return run


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
    location = f"http://{seen.headers['Host']}/signed/archive.zip?{SIGNATURE}"
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
    serve_kaggle: ServeKaggle,
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
    with serve_kaggle(like_kaggle) as server:
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
    serve_kaggle: ServeKaggle, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    command = [
        "scripts/download.py", "--dataset", COMPETITION,
        "--file", "aptos2019-blindness-detection.zip", "--datasets-file", str(table),
        "--folder", str(tmp_path / "files"), "--record", str(tmp_path / "record.json"),
        "--wait", "0.01",
    ]  # fmt: skip
    with serve_kaggle(like_kaggle) as server, (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-c", SCRIPT_AT, server.address, *command]
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
    serve_kaggle: ServeKaggle,
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

    with serve_kaggle(refuse), pytest.raises(UserError) as caught:
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
    serve_kaggle: ServeKaggle,
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    answer: Callable[[Seen, int], Answer],
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with serve_kaggle(answer), pytest.raises(UserError) as caught:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert "https://www.kaggle.com/competitions/" in str(caught.value)
    assert "rules" not in str(caught.value)
    assert "5ecret" not in str(caught.value) + "".join(capfd.readouterr()) + written(tmp_path)
    assert not list((tmp_path / "files").glob("*.zip"))


def test_missing_credentials(
    serve_kaggle: ServeKaggle, archive_of: Callable[[str], SourceFile], tmp_path: Path
) -> None:
    with serve_kaggle(like_kaggle) as server, pytest.raises(UserError) as caught:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert not server.requests
    for part in ("https://www.kaggle.com/settings", "KAGGLE_API_TOKEN", "files/aptos2019"):
        assert part in str(caught.value)


def test_key_from_configuration_folder(
    serve_kaggle: ServeKaggle,
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "kaggle.json").write_text(f'{{"username": "me", "key": "{KEY}"}}')
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    with serve_kaggle(like_kaggle) as server:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert server.requests[0].headers["Authorization"].startswith("Basic ")


def test_kaggle_out_of_reach(
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kaggle_at: Callable[[str], None],
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with socket.socket() as deaf:
        # Bound and not listened to: whoever connects is refused.
        deaf.bind(("127.0.0.1", 0))
        kaggle_at(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(UserError, match="no connection"):
            obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)


def test_a_silent_kaggle_is_not_waited_for_forever(
    serve_kaggle: ServeKaggle,
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    monkeypatch.setattr(kaggle, "TIMEOUT", (0.2, 0.2))
    given_up = threading.Event()

    def silent(seen: Seen, before: int) -> Answer:
        # Long after anyone should have gone, it refuses.
        given_up.wait(15)
        return Answer(status=404)

    with serve_kaggle(silent):
        with pytest.raises(UserError) as caught:
            obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
        given_up.set()
    assert "timed out, 2 times in a row" in str(caught.value)


@pytest.mark.parametrize(
    ("status", "words", "attempts"),
    [
        (400, "Kaggle returned HTTP 400", 1),
        (429, "Kaggle returned HTTP 429, 2 times in a row", 2),
        (503, "Kaggle returned HTTP 503, 2 times in a row", 2),
    ],
)
def test_other_statuses_are_named_and_only_a_busy_server_is_asked_again(
    serve_kaggle: ServeKaggle,
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    words: str,
    attempts: int,
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)
    with (
        serve_kaggle(lambda seen, before: Answer(status=status)) as server,
        pytest.raises(UserError) as caught,
    ):
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    assert words in str(caught.value)
    assert len(server.requests) == attempts


@pytest.mark.parametrize(
    ("kind", "words"),
    [(ValueError, "Kaggle's client failed (ValueError)"), (requests.HTTPError, "HTTP 0")],
)
def test_what_kaggles_client_raises_is_not_quoted(
    archive_of: Callable[[str], SourceFile],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    kind: type[Exception],
    words: str,
) -> None:
    """It may hold a key or a signed address."""

    def fail(*_: object) -> None:
        raise kind(f"https://storage.example.org/archive.zip?{SIGNATURE}&key={KEY}")

    monkeypatch.setattr(kaggle, "_ask", fail)
    with pytest.raises(UserError) as caught:
        obtain(archive_of(COMPETITION), tmp_path / "files", patience=PATIENCE)
    said = str(caught.value) + "".join(capfd.readouterr()) + written(tmp_path)
    assert words in said
    assert "5ecret" not in said and KEY not in said
