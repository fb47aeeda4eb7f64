"""Weights: from a loopback hub or a local file into one checked safetensors file."""

import hashlib
import json
import subprocess
import sys
import threading
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from stand_in_tables import a_model

from transfer.errors import UserError
from transfer.training import models
from transfer.training.weights import fetch, read_weights, store_weights, stored_record
from transfer.training.weights_record import weights_digest, weights_name

SQUEEZENET = a_model(
    id="squeezenet1_1",
    library="torchvision",
    architecture="squeezenet1_1",
    weights="SqueezeNet1_1_Weights.IMAGENET1K_V1",
)
TIMM = a_model(
    id="tiny",
    library="timm",
    architecture="mobilenetv3_small_050",
    weights="mobilenetv3_small_050.lamb_in1k",
)


def fetch_weights(output: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "scripts/fetch_weights.py", "--model", "squeezenet1_1",
         "--output", str(output), *options],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(0)
    return models.create(SQUEEZENET).state_dict()


def test_a_local_file_becomes_checked_weights_with_a_record(tmp_path, state):
    wrapped = {"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}
    torch.save(wrapped, tmp_path / "mine.pth")
    output = tmp_path / "squeezenet1_1.json"
    done = fetch_weights(output, "--file", str(tmp_path / "mine.pth"))
    assert done.returncode == 0, done.stderr
    record = json.loads(output.read_text())
    assert record["source"] == "mine.pth"
    assert record["weights"] == "SqueezeNet1_1_Weights.IMAGENET1K_V1"
    digest = hashlib.sha256((tmp_path / "mine.pth").read_bytes()).hexdigest()
    assert record["source_sha256"] == digest
    for path in (output, tmp_path / "squeezenet1_1.safetensors"):
        found = read_weights(path)
        assert all(torch.equal(found[name], tensor) for name, tensor in state.items())
    assert weights_digest(output) == record["tensors_sha256"]
    for path in (output, tmp_path / "mine.pth"):
        assert weights_name(path) == f"file: mine.pth, sha256 {digest}"


def test_fetched_weights_are_called_by_their_tag(tmp_path, state):
    path = tmp_path / "squeezenet1_1.safetensors"
    record = store_weights(path, "squeezenet1_1", SQUEEZENET, state, "https://here/x.pth", "0")
    path.with_suffix(".json").write_text(json.dumps(asdict(record)))
    assert weights_name(path.with_suffix(".json")) == SQUEEZENET.weights


def test_stored_weights_are_kept_while_they_are_whole_and_of_the_tag(tmp_path, state):
    path = tmp_path / "squeezenet1_1.safetensors"
    record = store_weights(path, "squeezenet1_1", SQUEEZENET, state, "https://here/x.pth", "0")
    assert stored_record(path, "squeezenet1_1", SQUEEZENET) == record
    assert stored_record(path, "squeezenet1_1", replace(SQUEEZENET, weights="V2")) is None
    assert stored_record(tmp_path / "none.safetensors", "squeezenet1_1", SQUEEZENET) is None
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    assert stored_record(path, "squeezenet1_1", SQUEEZENET) is None
    path.write_bytes(content[: len(content) // 2])
    assert stored_record(path, "squeezenet1_1", SQUEEZENET) is None
    with pytest.raises(UserError, match="not a complete weights file"):
        read_weights(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not weights", "not a complete weights file"), (None, "no such weights")],
)
def test_what_is_no_weights_file_is_refused(tmp_path, content, message):
    path = tmp_path / "weights.pth"
    if content:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_weights(path)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "harm",))

    torch.save({"a": Harm()}, tmp_path / "weights.pth")
    with pytest.raises(UserError):
        read_weights(tmp_path / "weights.pth")
    assert not (tmp_path / "harm").exists()


def test_weights_of_another_network_are_not_stored(tmp_path, state):
    with pytest.raises(UserError, match=r"1 missing: features\.0\.bias"):
        partial = {k: v for k, v in state.items() if k != "features.0.bias"}
        store_weights(tmp_path / "s.safetensors", "squeezenet1_1", SQUEEZENET, partial, "x", "0")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("classes", [7, None])
def test_a_head_of_any_number_of_classes_will_do(tmp_path, state, classes):
    mine = {k: v for k, v in state.items() if not k.startswith("classifier.1.")}
    if classes:
        mine["classifier.1.weight"] = torch.zeros(classes, 512, 1, 1)
        mine["classifier.1.bias"] = torch.zeros(classes)
    torch.save(mine, tmp_path / "mine.pth")
    done = fetch_weights(tmp_path / "squeezenet1_1.json", "--file", str(tmp_path / "mine.pth"))
    assert done.returncode == 0, done.stderr


def test_weights_exchanged_under_an_old_record_are_refused(tmp_path, state):
    path = tmp_path / "squeezenet1_1.safetensors"
    record = store_weights(path, "squeezenet1_1", SQUEEZENET, state, "https://here/x.pth", "0")
    (tmp_path / "squeezenet1_1.json").write_text(json.dumps(asdict(record)))
    assert read_weights(tmp_path / "squeezenet1_1.json").keys() == state.keys()
    other = {name: tensor + 1 for name, tensor in state.items()}
    store_weights(path, "squeezenet1_1", SQUEEZENET, other, "https://here/x.pth", "0")
    with pytest.raises(UserError, match="the file was exchanged"):
        read_weights(tmp_path / "squeezenet1_1.json")


class Hub(BaseHTTPRequestHandler):
    """A Hugging Face hub with one file; `published` is the sha256 it claims."""

    content, published = b"", ""

    def do_HEAD(self):
        self.send_response(200 if self.path.endswith("/model.safetensors") else 404)
        self.send_header("ETag", f'"{self.published}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(self.content)

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(
        "huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.server_port}"
    )
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        f"http://127.0.0.1:{server.server_port}/{{repo_id}}/resolve/{{revision}}/{{filename}}",
    )
    torch.manual_seed(1)
    Hub.content = save(models.create(TIMM).state_dict())
    Hub.published = hashlib.sha256(Hub.content).hexdigest()
    yield server
    server.shutdown()
    server.server_close()


def test_timms_weights_come_from_the_hub_checked(hub):
    found, source, digest = fetch(TIMM)
    assert source.endswith(f"/timm/{TIMM.weights}/resolve/{'0' * 40}/model.safetensors")
    assert digest == hashlib.sha256(Hub.content).hexdigest()
    torch.manual_seed(1)
    expected = models.create(TIMM).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_file_that_is_not_what_the_hub_publishes_is_refused(hub):
    Hub.published = "ab" * 32
    with pytest.raises(UserError, match="sha256 is"):
        fetch(TIMM)


def test_without_a_network_the_message_says_what_to_do(hub):
    hub.shutdown()
    hub.server_close()
    with pytest.raises(UserError, match=r"could not be downloaded.*weights_files"):
        fetch(TIMM)
    with pytest.raises(UserError, match="Name a local file"):
        fetch(replace(TIMM, weights="file"))
