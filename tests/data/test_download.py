"""Downloads from a real server that drops connections, sends wrong data and refuses requests."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback import Answer, Seen, Server, serve

from transfer.data.source.download import obtain
from transfer.data.source.files import SourceFile, source_files
from transfer.data.source.records import BY_HAND, Record, identity_of
from transfer.data.source.transfers import Patience
from transfer.errors import UserError

CONTENT = os.urandom(3 * 2**20 + 17)
QUICK = Patience(attempts=3, wait=0.001)


def md5(content: bytes) -> str:
    return f"md5:{hashlib.md5(content).hexdigest()}"


def source_file(*urls: str | dict[str, object], **keys: object) -> SourceFile:
    entry: dict[str, object] = {"name": "photos.bin", "checksum": md5(CONTENT), **keys}
    if urls:
        entry["urls"] = list(urls)
    source = {"homepage": "https://example.org/photos", "kind": "http", "files": [entry]}
    return source_files(source)[0]


def get(server: Server, folder: Path, **keys: object) -> Record:
    return obtain(source_file(f"{server.address}/a", **keys), folder, patience=QUICK)


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def ranges_asked(server: Server) -> list[str | None]:
    return [seen.headers.get("Range") for seen in server.requests]


def test_whole(tmp_path: Path) -> None:
    with serve(lambda seen, before: Answer(CONTENT)) as server:
        record = get(server, tmp_path)
        assert record == Record(
            "photos.bin",
            f"{server.address}/a",
            len(CONTENT),
            md5(CONTENT),
            verified=True,
            note="",
            identity=identity_of(tmp_path / "photos.bin"),
        )
        assert get(server, tmp_path) == record
    assert len(server.requests) == 1
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT
    assert left_in(tmp_path) == {"photos.bin", "photos.bin.json"}


def test_cut_in_the_middle_is_resumed(tmp_path: Path) -> None:
    half = len(CONTENT) // 2
    with serve(lambda seen, before: Answer(CONTENT, cut=None if before else half)) as server:
        get(server, tmp_path)
    assert ranges_asked(server) == [None, f"bytes={half}-"]
    assert server.requests[1].headers["If-Range"] == '"v1"'
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


def test_cut_every_time_but_further_each_time(tmp_path: Path) -> None:
    piece = len(CONTENT) // 8
    with serve(lambda seen, before: Answer(CONTENT, cut=piece)) as server:
        get(server, tmp_path)
    assert len(server.requests) == 9 > QUICK.attempts
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


def test_cut_at_the_same_place_every_time_gives_up(tmp_path: Path) -> None:
    with (
        serve(lambda seen, before: Answer(CONTENT, cut=1000, ranges=False)) as server,
        pytest.raises(
            UserError, match=r"connection was interrupted, 3 times(.|\n)*example\.org/photos"
        ),
    ):
        get(server, tmp_path)
    assert not (tmp_path / "photos.bin").exists()


def test_server_that_ignores_ranges(tmp_path: Path) -> None:
    def answer(seen: Seen, before: int) -> Answer:
        return Answer(CONTENT, cut=None if before else 5000, ranges=False)

    with serve(answer) as server:
        get(server, tmp_path)
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("etag", [None, '"v2"'])
def test_file_that_changed_meanwhile_is_not_pieced_together(
    tmp_path: Path, etag: str | None
) -> None:
    old = os.urandom(len(CONTENT))

    def answer(seen: Seen, before: int) -> Answer:
        if before == 0:
            return Answer(old, cut=5000, etag='"v1"' if etag else None)
        return Answer(CONTENT, etag=etag)

    with serve(answer) as server:
        get(server, tmp_path)
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


def test_changed_file_is_noticed_without_checksum_and_if_range(tmp_path: Path) -> None:
    def answer(seen: Seen, before: int) -> Answer:
        if before == 0:
            return Answer(os.urandom(len(CONTENT)), cut=5000)
        return Answer(CONTENT, etag='"v2"', if_range=False)

    with serve(answer) as server:
        get(server, tmp_path, checksum=None)
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


def test_part_of_one_address_is_not_completed_from_another(tmp_path: Path) -> None:
    def cut_then_gone(seen: Seen, before: int) -> Answer:
        if seen.path == "/b":
            return Answer(CONTENT)
        return Answer(status=404) if before else Answer(CONTENT, cut=5000)

    with serve(cut_then_gone) as server:
        file = source_file(f"{server.address}/a", f"{server.address}/b")
        obtain(file, tmp_path, patience=QUICK)
    assert ranges_asked(server) == [None, "bytes=5000-", None]


def test_without_checksum_and_validator_a_part_is_not_trusted(tmp_path: Path) -> None:
    def answer(seen: Seen, before: int) -> Answer:
        return Answer(CONTENT, cut=None if before else 5000, etag=None)

    with serve(answer) as server:
        record = get(server, tmp_path, checksum=None)
    assert ranges_asked(server) == [None, None]
    assert (record.verified, record.note) == (False, "nobody published a checksum")
    assert record.checksum == f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


def test_wrong_once_then_right(tmp_path: Path) -> None:
    with serve(lambda seen, before: Answer(CONTENT if before else b"maintenance")) as server:
        assert get(server, tmp_path).verified
    assert (tmp_path / "photos.bin").read_bytes() == CONTENT


def test_wrong_always(tmp_path: Path) -> None:
    with serve(lambda seen, before: Answer(b"maintenance")) as server:
        with pytest.raises(UserError) as caught:
            get(server, tmp_path)
        message = str(caught.value)
    assert "wrong content" in message
    assert f"{server.address}/a" in message
    assert "from https://example.org/photos" in message
    assert left_in(tmp_path) == set()


def test_wrong_size_is_refused_before_it_is_fetched(tmp_path: Path) -> None:
    with (
        serve(lambda seen, before: Answer(CONTENT)) as server,
        pytest.raises(UserError, match=f"{len(CONTENT):,} bytes, expected 5"),
    ):
        get(server, tmp_path, size=5)


def test_dead_link_then_mirror_with_its_own_packing(tmp_path: Path) -> None:
    other = os.urandom(1000)

    def answer(seen: Seen, before: int) -> Answer:
        return Answer(other) if seen.path == "/mirror" else Answer(status=404)

    with serve(answer) as server:
        mirror: dict[str, object] = {"url": f"{server.address}/mirror", "checksum": md5(other)}
        file = source_file(f"{server.address}/gone", mirror)
        record = obtain(file, tmp_path, patience=QUICK)
        assert record.source == f"{server.address}/mirror"
        assert record.verified
        assert obtain(file, tmp_path, patience=QUICK) == record
    assert [seen.path for seen in server.requests] == ["/gone", "/mirror"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refusal_is_final_and_names_every_address(tmp_path: Path, status: int) -> None:
    with serve(lambda seen, before: Answer(status=status)) as server:
        file = source_file(f"{server.address}/a", f"{server.address}/b")
        with pytest.raises(UserError) as caught:
            obtain(file, tmp_path, patience=QUICK)
    assert str(caught.value).count(f"HTTP {status}") == 2
    assert len(server.requests) == 2


def test_busy_server_is_asked_again(tmp_path: Path) -> None:
    with serve(lambda seen, before: Answer(CONTENT) if before else Answer(status=503)) as server:
        assert get(server, tmp_path).verified


def test_unreachable_host(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no connection"):
        obtain(source_file("http://127.0.0.1:9/a"), tmp_path, patience=QUICK)


def test_content_encoding_is_not_undone(tmp_path: Path) -> None:
    encoded = {"Content-Encoding": "gzip"}
    with serve(lambda seen, before: Answer(CONTENT, headers=encoded)) as server:
        assert get(server, tmp_path).verified


@pytest.mark.parametrize("name", ["photos.zip", "photos.tar", "photos.tar.gz", "photos.tgz"])
def test_web_page_is_no_archive_even_if_nothing_is_verified(tmp_path: Path, name: str) -> None:
    page = b"<html>sign in</html>" * 1000
    with (
        serve(lambda seen, before: Answer(page)) as server,
        pytest.raises(UserError, match="not a complete archive"),
    ):
        obtain(source_file(f"{server.address}/a", name=name), tmp_path, False, QUICK)
    assert left_in(tmp_path) == set()


def test_secrets_in_an_address_stay_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    half = len(CONTENT) // 2
    with serve(lambda seen, before: Answer(CONTENT, cut=None if before else half)) as server:
        address = server.address.replace("//", "//me:hunter2@") + "/a?Signature=5ecret"
        obtain(source_file(address), tmp_path, patience=QUICK)
        dead = source_file("http://me:hunter2@127.0.0.1:9/a?Signature=5ecret", name="dead.bin")
        with pytest.raises(UserError) as caught:
            obtain(dead, tmp_path, patience=QUICK)
    files = [path.read_bytes() for path in tmp_path.iterdir() if path.name != "photos.bin"]
    output = "".join(capfd.readouterr()) + str(caught.value) + b"".join(files).decode()
    assert "hunter2" not in output
    assert "5ecret" not in output


class TestByHand:
    """A file that is there already."""

    def test_is_taken_and_checked(self, tmp_path: Path) -> None:
        (tmp_path / "photos.bin").write_bytes(CONTENT)
        with serve(lambda seen, before: Answer(CONTENT)) as server:
            record = get(server, tmp_path)
        assert not server.requests
        assert (record.source, record.verified) == (BY_HAND, True)

    def test_wrong_one_is_refused_and_kept(self, tmp_path: Path) -> None:
        (tmp_path / "photos.bin").write_bytes(CONTENT[:-1])
        with pytest.raises(UserError, match=r"checksum is md5:.*expected md5:.*example\.org"):
            obtain(source_file("http://127.0.0.1:9/a"), tmp_path)
        assert (tmp_path / "photos.bin").read_bytes() == CONTENT[:-1]

    def test_wrong_one_is_taken_unverified_on_request(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "photos.bin").write_bytes(b"other")
        record = obtain(source_file(), tmp_path, verify=False)
        assert (record.verified, record.note) == (False, "verify_downloads is false")
        assert "not verified" in capfd.readouterr().err
        with pytest.raises(UserError, match="checksum"):
            obtain(source_file(), tmp_path)

    def test_replaced_after_the_check_is_checked_again(self, tmp_path: Path) -> None:
        path = tmp_path / "photos.bin"
        path.write_bytes(CONTENT)
        obtain(source_file(), tmp_path)
        path.write_bytes(CONTENT[::-1])
        with pytest.raises(UserError, match="checksum"):
            obtain(source_file(), tmp_path)

    def test_unchanged_since_the_check_is_not_read_again(self, tmp_path: Path) -> None:
        path = tmp_path / "photos.bin"
        path.write_bytes(CONTENT)
        record = obtain(source_file(), tmp_path)
        checked = path.stat().st_mtime_ns
        half = len(CONTENT) // 2
        path.write_bytes(CONTENT[:half] + bytes([CONTENT[half] ^ 1]) + CONTENT[half + 1 :])
        os.utime(path, ns=(checked, checked))
        assert obtain(source_file(), tmp_path) == record

    def test_in_a_folder_that_may_not_be_written_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("transfer.data.source.download.os.access", lambda *_: False)
        (tmp_path / "photos.bin").write_bytes(CONTENT)
        assert obtain(source_file(), tmp_path).verified
        assert [path.name for path in tmp_path.iterdir()] == ["photos.bin"]
        with pytest.raises(UserError, match="is not writable"):
            obtain(source_file("http://127.0.0.1:9/a", name="other.bin"), tmp_path)

    def test_missing_says_what_to_do(self, tmp_path: Path) -> None:
        file = source_file(kind="by_hand", instructions="Ask the authors.")
        with pytest.raises(UserError) as caught:
            obtain(file, tmp_path)
        for part in ("https://example.org/photos", str(tmp_path / "photos.bin"), "Ask the authors"):
            assert part in str(caught.value)

    def test_half_zip_without_published_checksum(self, tmp_path: Path) -> None:
        (tmp_path / "images.zip").write_bytes(b"PK\3\4" + CONTENT)
        file = source_file(kind="by_hand", name="images.zip", checksum=None)
        with pytest.raises(UserError, match="not a complete archive"):
            obtain(file, tmp_path)

    def test_partial_file_does_not_count(self, tmp_path: Path) -> None:
        (tmp_path / "photos.bin.part").write_bytes(CONTENT)
        with pytest.raises(UserError, match="no such file"):
            obtain(source_file(kind="by_hand"), tmp_path)


def command(server: Server, tmp_path: Path, **keys: object) -> list[str]:
    """The command line that downloads CONTENT from /a into tmp_path/files."""
    block = {
        "name": "Photos", "short_name": "Photos", "metric": "accuracy",
        "multilabel": False, "citation": "", "layout": {"kind": "folders"},
        "split": {"method": "listed"}, "short_side": 368, "evaluation_sizes": [224],
        "source": {
            "homepage": "https://example.org/photos", "kind": "http",
            "files": [{"name": "photos.bin", "checksum": md5(CONTENT), **keys,
                       "urls": [f"{server.address}/a"]}],
        },
    }  # fmt: skip
    datasets = tmp_path / "datasets.yaml"
    datasets.write_text(json.dumps({"photos": block}))
    script = Path(__file__).parents[2] / "scripts" / "download.py"
    return [
        sys.executable, str(script), "--dataset", "photos", "--datasets-file", str(datasets),
        "--folder", str(tmp_path / "files"), "--wait", "0.01",
    ]  # fmt: skip


def test_killed_in_the_middle_goes_on(tmp_path: Path) -> None:
    dead = False

    def stalling(seen: Seen, before: int) -> Answer:
        # The first answer is cut; the second holds back, so that the process dies half-way.
        if before == 0:
            return Answer(CONTENT, cut=2**21)
        return Answer(CONTENT, before_body=lambda: None if dead else time.sleep(3))

    with serve(stalling) as server:
        process = subprocess.Popen(command(server, tmp_path), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while len(server.requests) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        dead = True
        assert not (tmp_path / "files" / "photos.bin").exists()
        get(server, tmp_path / "files")
    assert ranges_asked(server)[-1] == f"bytes={2**21}-"
    assert (tmp_path / "files" / "photos.bin").read_bytes() == CONTENT


def test_two_processes_fetch_once(tmp_path: Path) -> None:
    slow = Answer(CONTENT, before_body=lambda: time.sleep(1.0))
    with serve(lambda seen, before: slow) as server:
        line = command(server, tmp_path)
        processes = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        messages = "".join(process.communicate()[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert len(server.requests) == 1
    assert "another process" in messages


def test_disk_full_keeps_what_came(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**21, 2**21))

    with serve(lambda seen, before: Answer(CONTENT)) as server:
        line = command(server, tmp_path)
        full = subprocess.run(line, preexec_fn=limit, capture_output=True, text=True)
        assert full.returncode == 1
        assert "Traceback" not in full.stderr
        assert "Free some space" in full.stderr
        assert not (tmp_path / "files" / "photos.bin").exists()
        get(server, tmp_path / "files")
    assert ranges_asked(server) == [None, f"bytes={2**21}-"]


def test_too_large_for_the_disk_is_said_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("usage", (), {"free": len(CONTENT) - 1})
    monkeypatch.setattr("transfer.data.source.transfers.shutil.disk_usage", lambda _: usage)
    with (
        serve(lambda seen, before: Answer(CONTENT)) as server,
        pytest.raises(UserError, match="still to download"),
    ):
        get(server, tmp_path)
    assert left_in(tmp_path) == set()
